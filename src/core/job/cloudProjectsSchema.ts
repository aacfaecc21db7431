/**
 * Projects in the cloud as zod schemas, one per type of cloudProjects.ts, for both ends.
 * Invariant: as in cloudSchema.ts: what a schema lets through is of its type; requests are strict, answers may hold more.
 */
import * as z from 'zod';
import type * as api from './cloudProjects.ts';
import { identifier, sha256 } from './cloudSchema.ts';

const count = z.int().nonnegative();
const moment = z.number().nonnegative();

export const cloudProject: z.ZodType<api.CloudProject> = z.object({
  id: identifier,
  name: z.string(),
  createdAt: moment,
  updatedAt: moment,
  photos: count,
  bytes: count,
  photosDeletedAt: moment.nullable(),
  photosKeepDays: count,
  jobs: z.array(z.object({ id: identifier, state: z.enum(['queued', 'running', 'completed', 'failed', 'cancelled']), createdAt: moment })),
  models: z.array(
    z.object({ id: identifier, formats: z.array(z.object({ format: z.enum(['ply', 'splat', 'spz', 'sog']), bytes: count })) }),
  ),
});

export const projectList: z.ZodType<api.ProjectList> = z.object({ projects: z.array(cloudProject) });

export const projectChange: z.ZodType<api.ProjectChange> = z
  .strictObject({
    name: z.exactOptional(z.string().trim().min(1).max(200)),
    photosKeepDays: z.exactOptional(z.int().min(0).max(365)),
  })
  .refine((change) => Object.keys(change).length > 0, 'Nothing to change is named.');

export const simpleUploadAnswer: z.ZodType<api.SimpleUploadAnswer> = z.object({
  uploadId: identifier,
  projectId: identifier,
  photos: count,
  missing: z.array(sha256),
});
