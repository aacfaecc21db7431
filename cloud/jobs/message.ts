/**
 * What goes through the queue. Invariant: a message only says what to look at; what is to be done follows from the rows in D1, so that
 * one that comes twice, late or out of order does no harm.
 */
export type Message =
  /** A job waits to be given to a provider. */
  | { kind: 'submit'; jobId: string; attempt: number; requestId: string }
  /** A provider's webhook says that something happened to this run: ask the provider. */
  | { kind: 'look'; jobId: string; attempt: number; requestId: string }
  /** A run is not wanted any more: stop it at its provider. */
  | { kind: 'stop-run'; jobId: string; attempt: number; provider: string; externalId: string; requestId: string }
  /** Somebody has to be told: send what is due. */
  | { kind: 'deliver'; requestId: string }
  /** Something has to be deleted for good: go on with it. */
  | { kind: 'purge'; requestId: string };
