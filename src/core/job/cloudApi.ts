/**
 * The cloud's contract as plain types: what the page asks, what the server answers. The schemas that check it are in cloudSchema.ts, so
 * that a page which never asks does not load them; cloud/clientApi.ts says which address asks what.
 * Invariant: a photo is known by the SHA-256 of the bytes that are sent and by nothing else: no file name, no place.
 */
import type { JobEvent, Stage } from './events.ts';
import type { Failure } from './failure.ts';

/** How good the result shall be; the presets of a local run. */
export type CloudPreset = 'preview' | 'full';
export type ModelFormat = 'ply' | 'splat' | 'spz' | 'sog';

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
  /** What the server calls the project that the upload belongs to; a server that knows no projects leaves it out. */
  projectId?: string;
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

/** What a browser subscribes to push messages with: a point of P-256, uncompressed, base64url (RFC 8292, section 3.2). */
export interface PushKey {
  key: string;
}

/** What PushSubscription.toJSON() gives, and the language of the messages. */
export interface PushSubscriptionRequest {
  endpoint: string;
  keys: { p256dh: string; auth: string };
  locale: string;
}

/** The body of every answer of 400 and above. */
export interface CloudRefusal {
  error: { code: string; message: string };
}
