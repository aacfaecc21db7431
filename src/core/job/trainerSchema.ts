/**
 * The trainer protocol as zod schemas, one per type of trainerApi.ts, for both ends.
 * Invariant: what a schema lets through is of its type, checked by the compiler. What the cloud is sent is strict; what it answers may
 * hold more than an older trainer knows.
 */
import * as z from 'zod';
import { failure, identifier, jobEvent, preset, sha256 } from './cloudSchema.ts';
import type * as api from './trainerApi.ts';

const count = z.int().nonnegative();
const attempt = z.int().positive();
const moment = z.number().nonnegative();

export const outputKinds = ['ply', 'splat', 'spz', 'sog', 'thumbnail', 'poster', 'cameras', 'metrics', 'preview', 'checkpoint'] as const;
export const outputKind: z.ZodType<api.OutputKind> = z.enum(outputKinds);

export const trainSpec: z.ZodType<api.TrainSpec> = z.object({
  v: z.literal(1),
  jobId: identifier,
  attempt,
  apiBase: z.string().min(1),
  token: z.string().min(1),
  secret: z.string().regex(/^[0-9a-f]{64}$/),
  preset,
  limits: z.object({ maxImages: count, maxSeconds: count, maxSplats: count }),
  outputs: z.array(outputKind),
  requestId: z.string(),
});

export const pullRequest: z.ZodType<api.PullRequest> = z.strictObject({
  workerId: identifier,
  instance: identifier,
  gpuClass: identifier,
  maxImages: z.exactOptional(count),
  waitSeconds: z.exactOptional(z.number().min(0).max(20)),
});
export const pullAnswer: z.ZodType<api.PullAnswer> = z.object({ spec: trainSpec, externalId: z.string() });

export const claimRequest: z.ZodType<api.ClaimRequest> = z.strictObject({
  attempt,
  externalId: z.string().max(200),
  holder: identifier,
});
export const claimAnswer: z.ZodType<api.ClaimAnswer> = z.object({ leaseUntil: moment, lastSeq: count });

const remoteFile = { bytes: count, sha256, url: z.string().min(1) };
export const manifest: z.ZodType<api.Manifest> = z.object({
  preset,
  images: z.array(z.object({ name: z.string().regex(/^\d{6}\.[a-z0-9]{2,5}$/), ...remoteFile })),
  checkpoint: z.object(remoteFile).nullable(),
});

export const eventsRequest: z.ZodType<api.EventsRequest> = z.strictObject({
  attempt,
  events: z.array(z.strictObject({ seq: z.int().positive(), t: moment, event: jobEvent })).max(200),
});
export const eventsAnswer: z.ZodType<api.EventsAnswer> = z.object({ cancel: z.boolean(), leaseUntil: moment, lastSeq: count });

const outputFile = z.strictObject({ kind: outputKind, bytes: z.int().positive(), sha256 });
const outputFiles = z
  .array(outputFile)
  .max(outputKinds.length)
  .refine((files) => new Set(files.map(({ kind }) => kind)).size === files.length, 'Each kind once.');
export const outputsRequest: z.ZodType<api.OutputsRequest> = z.strictObject({ attempt, outputs: outputFiles.min(1) });
export const outputsAnswer: z.ZodType<api.OutputsAnswer> = z.object({
  outputs: z.array(z.object({ kind: outputKind, url: z.string().min(1), headers: z.record(z.string(), z.string()) })),
});

const metrics: z.ZodType<api.TrainerMetrics> = z.strictObject({
  engine: z.string().max(100),
  device: z.string().max(200),
  photos: count,
  registered: count,
  splats: count,
  steps: count,
  psnrDb: z.number().nullable(),
  ssim: z.number().nullable(),
  gpuSeconds: z.number().nonnegative(),
  secondsByStage: z.record(z.string().max(50), z.number().nonnegative()),
});
export const completeRequest: z.ZodType<api.CompleteRequest> = z.strictObject({ attempt, outputs: outputFiles.min(1), metrics });

export const failRequest: z.ZodType<api.FailRequest> = z.strictObject({
  attempt,
  failure,
  retryable: z.boolean(),
  gpuSeconds: z.number().nonnegative(),
});
export const failAnswer: z.ZodType<api.FailAnswer> = z.object({ willRetry: z.boolean() });
