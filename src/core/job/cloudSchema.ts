/**
 * The cloud's contract as zod schemas, one per type of cloudApi.ts, for both ends.
 * Invariant: what a schema lets through is of its type, checked by the compiler. Requests are strict; answers may hold more than this page
 * knows, so that a newer server can serve an older page.
 */
import * as z from 'zod';
import type * as api from './cloudApi.ts';
import type { JobEvent } from './events.ts';
import { failureCodes } from './failure.ts';

const count = z.int().nonnegative();
const name = z.string().max(200);
export const identifier = z.string().min(1).max(200);
export const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const range = z.tuple([z.number().nonnegative(), z.number().nonnegative()]).refine(([low, high]) => low <= high);
export const preset = z.enum(['preview', 'full']);
const stage = z.enum(['read', 'features', 'pairs', 'cameras', 'photos', 'train', 'evaluate', 'save']);
const unit = z.enum(['files', 'frames', 'photos', 'pairs', 'cameras', 'steps', 'views']);

export const failure = z.object({
  code: z.enum(failureCodes),
  detail: z.string().max(2000),
  file: z.exactOptional(z.string()),
  photos: z.exactOptional(z.array(z.string())),
});

const figures = z.object({
  splats: count,
  widthPx: count,
  heightPx: count,
  loss: z.number().nullable(),
  trainPsnrDb: z.number().nullable(),
  heldOutPsnrDb: z.number().nullable(),
  stepsPerSecond: z.number(),
});

const progress = z.object({ done: count, total: count, unit, secondsLeft: z.number().nonnegative().nullable() });

export const jobEvent: z.ZodType<JobEvent> = z.discriminatedUnion('type', [
  z.object({ type: z.literal('stage-started'), stage }),
  z.object({ type: z.literal('progress'), stage, ...progress.shape, figures: z.exactOptional(figures) }),
  z.object({ type: z.literal('memory-planned'), bytes: count, parts: z.array(z.object({ name: z.string(), bytes: count })) }),
  z.object({ type: z.literal('preview-ready') }),
  z.object({ type: z.literal('warning'), failure }),
  z.object({ type: z.literal('finished') }),
  z.object({ type: z.literal('failed'), failure }),
]);

export const estimateRequest: z.ZodType<api.EstimateRequest> = z.strictObject({ photos: count, bytes: count, preset });

export const uploadRequest: z.ZodType<api.UploadRequest> = z.strictObject({
  projectName: name,
  photos: z
    .array(
      z.strictObject({
        id: sha256,
        bytes: z.int().positive(),
        type: z.string().regex(/^image\/[a-z0-9.+-]{1,40}$/),
        name: z.exactOptional(name),
      }),
    )
    .min(1)
    .max(1000),
  preset,
});

export const processRequest: z.ZodType<api.ProcessRequest> = z.strictObject({ uploadId: identifier, preset });

export const health: z.ZodType<api.CloudHealth> = z.object({ service: z.literal('splat-cloud'), photosKeptDays: count.nullable() });

export const estimate: z.ZodType<api.CloudEstimate> = z.object({
  minutes: range,
  price: range.nullable(),
  currency: z
    .string()
    .regex(/^[A-Z]{3}$/)
    .nullable(),
});

export const uploadSession: z.ZodType<api.UploadSession> = z.object({
  uploadId: identifier,
  projectId: z.exactOptional(identifier),
  expiresAt: z.number(),
  parts: z.array(z.object({ photoId: sha256, url: z.string().min(1), have: z.boolean() })),
});

export const uploadCompleted: z.ZodType<api.UploadCompleted> = z.object({ missing: z.array(sha256) });

export const processAnswer: z.ZodType<api.ProcessAnswer> = z.object({ jobId: identifier });

export const jobStatus: z.ZodType<api.JobStatus> = z.object({
  state: z.enum(['queued', 'running', 'completed', 'failed', 'cancelled']),
  stage: stage.nullable(),
  progress: progress.nullable(),
  model: z.object({ id: identifier, format: z.enum(['ply', 'splat', 'spz', 'sog']), bytes: count }).nullable(),
  failure: failure.nullable(),
  events: z.array(z.object({ seq: count, event: jobEvent.nullable().catch(null) })),
});

export const pushKey: z.ZodType<api.PushKey> = z.object({ key: z.string().regex(/^[A-Za-z0-9_-]{87}$/) });

export const refusal: z.ZodType<api.CloudRefusal> = z.object({ error: z.object({ code: z.string(), message: z.string() }) });
