/**
 * The outbox's state machine: waiting -> registering -> uploading -> starting -> running -> downloading -> done | failed | cancelled.
 * Invariant: pure; a final state is never left, a photo that the server has is not forgotten within its upload, and an event that does not
 * belong to the present state changes nothing (the same object comes back).
 */
import type { JobStatus, UploadSession } from '../../../core/job/cloudApi.ts';
import type { Failure } from '../../../core/job/failure.ts';
import { backoffMs } from './backoff.ts';
import { type OutboxData, type OutboxEntry, type OutboxPhoto, type OutboxState, isFinal } from './outboxEntry.ts';

export type OutboxEvent =
  /** The cloud answers: preparing and registering may begin. */
  | { type: 'begin' }
  | { type: 'registered'; session: UploadSession; photos: OutboxPhoto[] }
  /** What the server has of the upload, asked again after an interruption. */
  | { type: 'resumed'; session: UploadSession }
  | { type: 'photo-sent'; photoId: string }
  /** The server misses photos that were taken for sent. */
  | { type: 'missing'; photoIds: string[] }
  | { type: 'started'; jobId: string }
  | { type: 'status'; status: JobStatus; pollMs: number }
  | { type: 'downloaded' }
  /** The upload is gone on the server, or photos cannot be made as they were registered. */
  | { type: 'upload-lost' }
  /** A try did not get through and comes again. `random` in 0..1. */
  | { type: 'trouble'; failure: Failure; retryAfterMs: number | null; random: number }
  | { type: 'refused'; failure: Failure }
  | { type: 'cancel' }
  /** The server keeps nothing of a cancelled order any more. */
  | { type: 'deleted' }
  /** Something changed outside (network, visibility): what waits is tried at once, except where the server named a time. */
  | { type: 'wake' };

/** After this many registrations an order ends: something is wrong that trying does not mend. */
export const mostRounds = 3;

const gone: Failure = { code: 'cloud-expired', detail: `The upload was begun ${mostRounds} times and was lost each time.` };

type Change = Partial<Omit<OutboxEntry, 'data'>> & { data?: Partial<OutboxData> };

const changed = (entry: OutboxEntry, { data, ...rest }: Change): OutboxEntry => ({ ...entry, ...rest, data: { ...entry.data, ...data } });

/** A step that got through: tried at once, troubles forgotten. */
const onward = (entry: OutboxEntry, state: OutboxState, nowMs: number, data: Partial<OutboxData> = {}): OutboxEntry =>
  changed(entry, { state, nextTryMs: nowMs, data: { attempt: 0, failure: null, ...data } });

const ended = (entry: OutboxEntry, failure: Failure): OutboxEntry => changed(entry, { state: 'failed', data: { failure } });

/** Uploading while a photo is missing, starting when none is. */
const withPhotos = (entry: OutboxEntry, photos: OutboxPhoto[], nowMs: number, data: Partial<OutboxData> = {}): OutboxEntry =>
  onward(entry, photos.every(({ sent }) => sent) ? 'starting' : 'uploading', nowMs, { photos, ...data });

/** A photo is sent when the server has it; what it does not speak of stays as it was. */
function marked(photos: OutboxPhoto[], { parts }: UploadSession): OutboxPhoto[] {
  const have = new Map(parts.map((part) => [part.photoId, part.have]));
  return photos.map((photo) => ({ ...photo, sent: have.get(photo.id) ?? photo.sent }));
}

function afterStatus(entry: OutboxEntry, status: JobStatus, pollMs: number, nowMs: number): OutboxEntry {
  const { state, stage, progress, model, failure, events } = status;
  const seq = events.reduce((last, each) => Math.max(last, each.seq), entry.data.seq);
  const heard = { stage, progress, seq, isRunning: state === 'running' };
  if (state === 'completed' && model) return onward(entry, 'downloading', nowMs, { ...heard, model });
  if (state === 'completed') return ended(entry, { code: 'cloud-failed', detail: 'The job is completed and names no model.' });
  if (state === 'failed') return ended(entry, failure ?? { code: 'cloud-failed', detail: 'The server gave no reason.' });
  if (state === 'cancelled') return changed(entry, { state: 'cancelled', data: { failure: null } });
  return changed(onward(entry, 'running', nowMs, heard), { nextTryMs: nowMs + pollMs });
}

/** What a cancelled order still learns: what to delete on the server, and that it is deleted. */
function afterCancel(entry: OutboxEntry, event: OutboxEvent, nowMs: number): OutboxEntry {
  if (event.type === 'registered') return changed(entry, { data: { uploadId: event.session.uploadId, owesDelete: true } });
  if (event.type === 'started') return changed(entry, { data: { jobId: event.jobId, owesDelete: true } });
  if (!entry.data.owesDelete) return entry;
  if (event.type === 'deleted') return changed(entry, { data: { owesDelete: false, failure: null } });
  if (event.type === 'trouble') return troubled(entry, event, nowMs);
  return event.type === 'wake' ? woken(entry, nowMs) : entry;
}

function troubled(entry: OutboxEntry, event: Extract<OutboxEvent, { type: 'trouble' }>, nowMs: number): OutboxEntry {
  const attempt = entry.data.attempt + 1;
  const waitMs = backoffMs(attempt, event.random, event.retryAfterMs);
  const notBeforeMs = event.retryAfterMs === null ? 0 : nowMs + waitMs;
  return changed(entry, { nextTryMs: nowMs + waitMs, data: { attempt, notBeforeMs, failure: event.failure } });
}

const woken = (entry: OutboxEntry, nowMs: number): OutboxEntry =>
  entry.nextTryMs <= nowMs || entry.data.notBeforeMs > nowMs ? entry : changed(entry, { nextTryMs: nowMs });

function registerAgain(entry: OutboxEntry, nowMs: number): OutboxEntry {
  const round = entry.data.round + 1;
  if (round >= mostRounds) return ended(entry, gone);
  return onward(entry, 'registering', nowMs, { round, uploadId: null, photos: [] });
}

/** The entry after an event. */
export function afterEvent(entry: OutboxEntry, event: OutboxEvent, nowMs: number): OutboxEntry {
  const { state, data } = entry;
  if (state === 'cancelled') return afterCancel(entry, event, nowMs);
  if (isFinal(entry)) return entry;
  if (event.type === 'trouble') return troubled(entry, event, nowMs);
  if (event.type === 'wake') return woken(entry, nowMs);
  if (event.type === 'refused') return ended(entry, event.failure);
  if (event.type === 'cancel')
    return changed(entry, {
      state: 'cancelled',
      nextTryMs: nowMs,
      data: { owesDelete: data.uploadId !== null || data.jobId !== null, attempt: 0, failure: null },
    });
  switch (state) {
    case 'waiting':
      return event.type === 'begin' ? onward(entry, 'registering', nowMs) : entry;
    case 'registering':
      if (event.type !== 'registered') return entry;
      return withPhotos(entry, marked(event.photos, event.session), nowMs, {
        uploadId: event.session.uploadId,
        cloudProjectId: event.session.projectId ?? null,
      });
    case 'uploading':
      if (event.type === 'upload-lost') return registerAgain(entry, nowMs);
      if (event.type === 'resumed') return withPhotos(entry, marked(data.photos, event.session), nowMs);
      if (event.type !== 'photo-sent') return entry;
      return withPhotos(
        entry,
        data.photos.map((photo) => (photo.id === event.photoId ? { ...photo, sent: true } : photo)),
        nowMs,
      );
    case 'starting':
      if (event.type === 'upload-lost') return registerAgain(entry, nowMs);
      if (event.type === 'missing') {
        const missing = new Set(event.photoIds);
        return withPhotos(
          entry,
          data.photos.map((photo) => (missing.has(photo.id) ? { ...photo, sent: false } : photo)),
          nowMs,
        );
      }
      return event.type === 'started' ? onward(entry, 'running', nowMs, { jobId: event.jobId }) : entry;
    case 'running':
      return event.type === 'status' ? afterStatus(entry, event.status, event.pollMs, nowMs) : entry;
    case 'downloading':
      return event.type === 'downloaded' ? onward(entry, 'done', nowMs) : entry;
    default:
      return entry;
  }
}
