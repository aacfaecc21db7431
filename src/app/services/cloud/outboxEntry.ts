/**
 * An entry of the outbox: one order to the cloud with everything needed to go on with it after a reload.
 * Invariant: plain data that survives IndexedDB; nothing in it is needed from the page that made it.
 */
import type { CloudOrder } from '../../../core/job/runner.ts';
import type { CloudProgress, ModelFormat } from '../../../core/job/cloudApi.ts';
import type { Stage } from '../../../core/job/events.ts';
import type { Failure } from '../../../core/job/failure.ts';

export type OutboxState =
  'waiting' | 'registering' | 'uploading' | 'starting' | 'running' | 'downloading' | 'done' | 'failed' | 'cancelled';

export interface OutboxPhoto {
  /** Its path in the project. Stays here. */
  path: string;
  /** SHA-256 of the bytes as sent: without place, compressed when that was chosen. */
  id: string;
  bytes: number;
  type: string;
  /** The server has it. */
  sent: boolean;
}

export interface OutboxData {
  order: Omit<CloudOrder, 'projectId'>;
  /** Empty until they have been prepared for sending. */
  photos: OutboxPhoto[];
  /** Counts registrations: an upload that expired is registered anew, under a new idempotency key. */
  round: number;
  uploadId: string | null;
  /** What the server calls the project; null where it does not say. Orders of older versions of this page lack it. */
  cloudProjectId?: string | null;
  jobId: string | null;
  /** The server works on the job; false while it is queued. */
  isRunning: boolean;
  stage: Stage | null;
  progress: CloudProgress | null;
  /** The last event heard of the job. */
  seq: number;
  model: { id: string; format: ModelFormat; bytes: number } | null;
  /** Tries of the present step that did not get through, one after another. */
  attempt: number;
  /** The server asked not to be tried before; 0 when it did not. */
  notBeforeMs: number;
  /** Why the last try did not get through, or why it ended. */
  failure: Failure | null;
  /** A cancelled order that the server may still hold something of. */
  owesDelete: boolean;
}

export interface OutboxEntry {
  id: string;
  projectId: string;
  state: OutboxState;
  createdMs: number;
  /** Nothing is tried before; milliseconds since 1970. */
  nextTryMs: number;
  data: OutboxData;
}

export const isFinal = ({ state }: Pick<OutboxEntry, 'state'>): boolean => state === 'done' || state === 'failed' || state === 'cancelled';

/** There is something left to do for it. */
export const isOpen = (entry: OutboxEntry): boolean => !isFinal(entry) || entry.data.owesDelete;

export const uploadKey = ({ id, data }: OutboxEntry): string => `${id}-upload-${data.round}`;
export const processKey = ({ id, data }: OutboxEntry): string => `${id}-process-${data.round}`;

/** A new order. `id` is random and never used again: the idempotency keys are made from it. */
export function newEntry(id: string, { projectId, ...order }: CloudOrder, nowMs: number): OutboxEntry {
  return {
    id,
    projectId,
    state: 'waiting',
    createdMs: nowMs,
    nextTryMs: nowMs,
    data: {
      order,
      photos: [],
      round: 0,
      uploadId: null,
      cloudProjectId: null,
      jobId: null,
      isRunning: false,
      stage: null,
      progress: null,
      seq: 0,
      model: null,
      attempt: 0,
      notBeforeMs: 0,
      failure: null,
      owesDelete: false,
    },
  };
}
