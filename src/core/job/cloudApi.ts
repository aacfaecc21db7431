/**
 * The cloud's contract as plain types: what the page asks, what the server answers. The schemas that check it are in cloudSchema.ts, so
 * that a page which never asks does not load them.
 * Invariant: a photo is known by the SHA-256 of the bytes that are sent and by nothing else: no file name, no place.
 */
import type { JobEvent, Stage } from './events.ts';
import type { Failure } from './failure.ts';

/** How good the result shall be; the presets of a local run. */
export type CloudPreset = 'preview' | 'full';
export type ModelFormat = 'ply' | 'splat' | 'spz' | 'sog';

/** Where each call goes, below the base address. Identifiers are encoded by who builds the address. */
export const cloudPaths = {
  /** GET -> CloudHealth. */
  health: '/health',
  /** POST EstimateRequest -> CloudEstimate. Changes nothing. */
  estimate: '/estimate',
  /** POST UploadRequest -> UploadSession; repeated with the same Idempotency-Key it is the same session. */
  uploads: '/uploads',
  /** GET -> UploadSession with fresh addresses; DELETE removes its photos and whatever job they began. 404 or 410: expired. */
  upload: (uploadId: string): string => `/uploads/${encodeURIComponent(uploadId)}`,
  /** POST -> UploadCompleted. */
  complete: (uploadId: string): string => `/uploads/${encodeURIComponent(uploadId)}/complete`,
  /** POST ProcessRequest -> ProcessAnswer; repeated with the same Idempotency-Key it is the same job. */
  process: '/process',
  /** GET -> JobStatus, with an ETag: 304 when nothing has changed. Events after `since` come with it. */
  status: (jobId: string, since = 0): string => `/status/${encodeURIComponent(jobId)}?since=${since}`,
  /** GET: the latest preview as a splat file; 404 while there is none. */
  preview: (jobId: string): string => `/status/${encodeURIComponent(jobId)}/preview`,
  /** DELETE: cancels what runs and removes the job, its photos and its model. 404: it is gone already. */
  job: (jobId: string): string => `/jobs/${encodeURIComponent(jobId)}`,
  /** GET: the model's bytes. */
  model: (modelId: string, format: ModelFormat): string => `/model/${encodeURIComponent(modelId)}?format=${format}`,
} as const;

export interface CloudHealth {
  /** Tells this service from a page that a web server gives for every address. */
  service: 'splat-cloud';
  /** Days until the server deletes photos by itself; null where it does not say. */
  photosKeptDays: number | null;
}

export interface EstimateRequest {
  photos: number;
  bytes: number;
  preset: CloudPreset;
}

export interface CloudEstimate {
  /** Lowest and highest, from the start to the finished model. */
  minutes: [number, number];
  /** Lowest and highest; null when nothing is charged or the server cannot tell. */
  price: [number, number] | null;
  /** ISO 4217, of the price. */
  currency: string | null;
}

export interface UploadPhoto {
  /** SHA-256 of the bytes sent, hexadecimal in small letters. */
  id: string;
  bytes: number;
  /** Media type, image/... */
  type: string;
  /** Not sent by this app; other clients may. */
  name?: string;
}

export interface UploadRequest {
  projectName: string;
  photos: UploadPhoto[];
  preset: CloudPreset;
}

export interface UploadPart {
  photoId: string;
  /** Where to PUT the bytes: a path on the same server or an absolute address; it may be signed and short-lived. */
  url: string;
  /** The server has this photo already, from this session or an earlier one of the same person. */
  have: boolean;
}

export interface UploadSession {
  uploadId: string;
  /** Milliseconds since 1970, UTC. */
  expiresAt: number;
  parts: UploadPart[];
}

export interface UploadCompleted {
  /** Photos that did not arrive or arrived damaged; empty when the upload is whole. */
  missing: string[];
}

export interface ProcessRequest {
  uploadId: string;
  preset: CloudPreset;
}

export interface ProcessAnswer {
  jobId: string;
}

export type CloudJobState = 'queued' | 'running' | 'completed' | 'failed' | 'cancelled';

export interface CloudProgress {
  done: number;
  total: number;
  unit: Extract<JobEvent, { type: 'progress' }>['unit'];
  secondsLeft: number | null;
}

export interface JobStatus {
  state: CloudJobState;
  stage: Stage | null;
  progress: CloudProgress | null;
  /** Set when completed. */
  model: { id: string; format: ModelFormat; bytes: number } | null;
  /** Set when failed. */
  failure: Failure | null;
  /** In order, those after `since`; null is an event of a kind that this page does not know yet. */
  events: { seq: number; event: JobEvent | null }[];
}

/** The body of every answer of 400 and above. */
export interface CloudRefusal {
  error: { code: string; message: string };
}
