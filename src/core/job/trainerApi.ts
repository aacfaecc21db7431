/**
 * The trainer protocol as plain types: what the cloud asks of whoever computes a job, and what it is told. The schemas are in
 * trainerSchema.ts; their JSON Schema is generated for the Python trainer.
 * Invariant: every call names job and attempt; only the attempt that holds the claim is listened to.
 *
 * Every call carries `authorization: Bearer <token>`, a JWT scoped to job and attempt, and the signature of its body in the header
 * `x-splat-signature: t=<seconds since 1970>,v1=<hex>`, HMAC-SHA256 under the attempt's secret over `<t>.<method>.<path>.<body>`; an
 * empty body is signed as such. A signature older than five minutes is refused. PUTs of outputs are signed by their address alone.
 */
import type { CloudPreset } from './cloudApi.ts';
import type { JobEvent } from './events.ts';
import type { Failure } from './failure.ts';

/** Files of a result. The first four are served to people; the others are for the page and for the next attempt. */
export type OutputKind = 'ply' | 'splat' | 'spz' | 'sog' | 'thumbnail' | 'poster' | 'cameras' | 'metrics' | 'preview' | 'checkpoint';

/** Where each call goes, below the base address of the API's origin. */
export const trainerPaths = {
  /** POST PullRequest -> PullAnswer, or 204 when there is nothing to do. Worker token, for workers that come and ask. */
  pull: '/internal/v1/worker/claim',
  /** POST ClaimRequest -> ClaimAnswer; 409: somebody else holds the attempt or it is over: leave at once. */
  claim: (jobId: string): string => `/internal/v1/jobs/${jobId}/claim`,
  /** GET -> Manifest, with fresh addresses; ask again when one is refused with 403. */
  manifest: (jobId: string): string => `/internal/v1/jobs/${jobId}/manifest`,
  /** POST EventsRequest -> EventsAnswer; an empty list is the heartbeat. */
  events: (jobId: string): string => `/internal/v1/jobs/${jobId}/events`,
  /** POST OutputsRequest -> OutputsAnswer: where to PUT each file. Asked again for the same kind, the file takes the place of the last. */
  outputs: (jobId: string): string => `/internal/v1/jobs/${jobId}/outputs`,
  /** POST CompleteRequest -> {}; 422 names files that are not there as announced. Repeated after success it answers the same. */
  complete: (jobId: string): string => `/internal/v1/jobs/${jobId}/complete`,
  /** POST FailRequest -> FailAnswer. */
  fail: (jobId: string): string => `/internal/v1/jobs/${jobId}/fail`,
} as const;

export interface TrainLimits {
  maxImages: number;
  /** From the claim to the end. */
  maxSeconds: number;
  maxSplats: number;
}

/** What a trainer is started with, by whatever provider. */
export interface TrainSpec {
  v: 1;
  jobId: string;
  attempt: number;
  /** Origin of the API, without a slash at the end. */
  apiBase: string;
  /** JWT for the calls of this attempt. */
  token: string;
  /** Hexadecimal; signs the bodies. */
  secret: string;
  preset: CloudPreset;
  limits: TrainLimits;
  outputs: OutputKind[];
  requestId: string;
}

export interface PullRequest {
  /** The same over restarts of the worker: what it held before is given back to the queue. */
  workerId: string;
  /** Another one for every start of the worker. */
  instance: string;
  /** What it can run on, e.g. "webgpu" or "l4". */
  gpuClass: string;
  /** The most it can take; jobs above are left to others. */
  maxImages?: number;
  /** How long the answer may wait for a job, at most 20. */
  waitSeconds?: number;
}

export interface PullAnswer {
  spec: TrainSpec;
  externalId: string;
}

export interface ClaimRequest {
  attempt: number;
  /** The provider's own name of the run; empty where it is not known. */
  externalId: string;
  /** Random for every start of the trainer: the same one may claim again, another one may not. */
  holder: string;
}

export interface ClaimAnswer {
  /** Milliseconds since 1970. Every call renews the lease; past it the job may be given to another. */
  leaseUntil: number;
  /** Highest sequence number of events the server has of this attempt. */
  lastSeq: number;
}

export interface ManifestImage {
  /** Server-made: 000001.jpg and so on, in the person's order. The ending follows the bytes, not a claim. */
  name: string;
  bytes: number;
  sha256: string;
  /** Absolute. */
  url: string;
}

export interface Manifest {
  preset: CloudPreset;
  images: ManifestImage[];
  /** The last checkpoint of an earlier attempt, to go on from; null for none. */
  checkpoint: { bytes: number; sha256: string; url: string } | null;
}

export interface TrainerEvent {
  /** Rising by one from 1 within an attempt, so that a repeated or late delivery is known. */
  seq: number;
  /** Milliseconds since 1970 by the trainer's clock. */
  t: number;
  event: JobEvent;
}

export interface EventsRequest {
  attempt: number;
  events: TrainerEvent[];
}

export interface EventsAnswer {
  /** The job is not wanted any more: stop, clean up, leave; nothing else needs to be told. */
  cancel: boolean;
  leaseUntil: number;
  lastSeq: number;
}

export interface OutputFile {
  kind: OutputKind;
  bytes: number;
  sha256: string;
}

export interface OutputsRequest {
  attempt: number;
  outputs: OutputFile[];
}

export interface OutputsAnswer {
  outputs: { kind: OutputKind; url: string; headers: Record<string, string> }[];
}

/** What an attempt took and made, for the person's page and the operator's accounts. */
export interface TrainerMetrics {
  engine: string;
  device: string;
  photos: number;
  registered: number;
  splats: number;
  steps: number;
  psnrDb: number | null;
  ssim: number | null;
  /** Seconds of GPU time to be accounted for. */
  gpuSeconds: number;
  secondsByStage: Record<string, number>;
}

export interface CompleteRequest {
  attempt: number;
  outputs: OutputFile[];
  metrics: TrainerMetrics;
}

export interface FailRequest {
  attempt: number;
  failure: Failure;
  /** Another attempt may go better: the machine was taken away, the GPU was lost, memory ran out. */
  retryable: boolean;
  gpuSeconds: number;
}

export interface FailAnswer {
  willRetry: boolean;
}
