/**
 * Answer: what became of a call to the cloud.
 * Invariant: every "no" says what it means for the job, so that nobody looks at status codes again.
 */
export type No =
  /** Nobody answered, or not now: the same call may work later. */
  | { no: 'again'; detail: string; wishMs: number | null }
  /** The attempt, or what was asked for, is not ours or not there (401, 403, 404, 409, 410). */
  | { no: 'lost'; status: number; detail: string }
  /** The same call will not work. `body` as sent. */
  | { no: 'refused'; status: number; detail: string; body: string }
  /** This end did not want it any more. */
  | { no: 'stopped' };

export type Answer<T> = { ok: true; value: T } | ({ ok: false } & No);

export const yes = <T>(value: T): { ok: true; value: T } => ({ ok: true, value });

/** In a few words, for the person at the terminal. */
export const detailOf = (no: No): string => (no.no === 'stopped' ? 'stopped' : no.detail);
