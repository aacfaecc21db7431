/**
 * What a GPU provider is to the cloud: a place where a trainer can be started, looked after and stopped.
 * Invariant: an adapter never throws for what the provider answers; every "no" says whether another try may help. And its word is never
 * the truth for completion: only the trainer's own signed calls are.
 */
import type { TrainSpec } from '../../src/core/job/trainerApi.ts';

export const providerIds = ['local', 'pull', 'runpod', 'modal', 'replicate', 'vast'] as const;
export type ProviderId = (typeof providerIds)[number];

/** How a provider sees a run of ours. `lost`: it does not know it (any more). */
export type ProviderState = 'queued' | 'starting' | 'running' | 'succeeded' | 'failed' | 'cancelled' | 'timed-out' | 'lost';

/** `retryable`: 429, 5xx, no answer in time: the same call may work later. `permanent`: it will not (400, 401, 403, wrong endpoint). */
export type ProviderNo = { ok: false; kind: 'retryable' | 'permanent'; message: string; retryAfterMs: number | null };
export type ProviderAnswer<T> = { ok: true; value: T } | ProviderNo;

export interface SubmitOptions {
  /** Where the provider reports the end of the run; has a random token in its path. */
  webhookUrl: string;
  gpuClass: string;
  /** May be interrupted and started again; cheaper where the provider has such. */
  spot: boolean;
  /** GPU seconds that the cost policy expects at most; where machines are rented it decides which jobs share one. */
  expectedSeconds?: number;
}

export interface ProviderStatus {
  state: ProviderState;
  /** Milliseconds, where the provider says. */
  queueMs: number | null;
  runMs: number | null;
  error: string | null;
}

export interface ProviderEvent {
  /** As the provider names the run: ours (see namesRun) may say more, e.g. the endpoint too. */
  externalId: string;
  state: ProviderState;
  /** The same for every delivery of the same event. */
  eventId: string;
}

/** `hint` is for the operator: what to look at when it is not well. */
export interface ProviderHealth {
  ok: boolean;
  hint: string | null;
}

export interface GpuProvider {
  id: ProviderId;
  submit(spec: TrainSpec, options: SubmitOptions): Promise<ProviderAnswer<{ externalId: string }>>;
  status(externalId: string): Promise<ProviderAnswer<ProviderStatus>>;
  /** A run that is over or unknown counts as cancelled. */
  cancel(externalId: string): Promise<ProviderAnswer<null>>;
  /** Checks a webhook's signature and age over the raw body, where the provider signs; reads it. Null: not to be believed. */
  verifyWebhook(headers: Headers, raw: Uint8Array, nowMs: number): Promise<ProviderEvent | null>;
  health(): Promise<ProviderAnswer<ProviderHealth>>;
}

/** What an adapter works with; its own settings come as arguments of its factory. */
export interface ProviderTools {
  fetch: typeof fetch;
  /** Milliseconds a call may take before it counts as not answered. */
  timeoutMs: number;
  /** Milliseconds since 1970. */
  now(): number;
}

/** Whether what a provider calls a run in its webhook is the run that we know as `externalId`. */
export const namesRun = (externalId: string, named: string): boolean => externalId === named || externalId.endsWith(`/${named}`);
