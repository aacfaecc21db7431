/**
 * Projects in the cloud as plain types: what a person has there, and POST /upload for simple clients. The schemas are in
 * cloudProjectsSchema.ts.
 * Invariant: photos are counted and measured, never named and never served.
 */
import type { CloudJobState, ModelFormat } from './cloudApi.ts';

export interface CloudProject {
  id: string;
  name: string;
  /** Milliseconds since 1970, UTC; this and all that end in `At`. */
  createdAt: number;
  updatedAt: number;
  /** Those that have arrived. */
  photos: number;
  bytes: number;
  /** Null while they are kept. */
  photosDeletedAt: number | null;
  /** After the last change; 0: until a model is finished. */
  photosKeepDays: number;
  /** Newest first. */
  jobs: { id: string; state: CloudJobState; createdAt: number }[];
  /** Newest first, finished ones only. */
  models: { id: string; formats: { format: ModelFormat; bytes: number }[] }[];
}

export interface ProjectList {
  projects: CloudProject[];
}

export interface ProjectChange {
  name?: string;
  photosKeepDays?: number;
}

export interface SimpleUploadAnswer {
  uploadId: string;
  projectId: string;
  /** Different ones: a photo sent twice is one. */
  photos: number;
  /** Hashes, as in UploadCompleted. */
  missing: string[];
}
