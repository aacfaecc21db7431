/**
 * The work on one entry of the outbox: what its state asks for, one step after another, until it has to wait or is over.
 * Invariant: every step is written to the store before the next begins, and each can be done again without harm after a reload.
 */
import type { PickedFile } from '../../../../workers/protocol.ts';
import type { UploadPart } from '../../../core/job/cloudApi.ts';
import type { JobEvent } from '../../../core/job/events.ts';
import type { CloudNo } from './cloudCalls.ts';
import type { CloudClient } from './cloudClient.ts';
import { type OutboxEntry, type OutboxPhoto, isOpen, processKey, uploadKey } from './outboxEntry.ts';
import { type OutboxEvent, afterEvent } from './outboxMachine.ts';
import type { OutboxStore } from './outboxStore.ts';
import type { PreparedPhoto } from './preparePhoto.ts';

export interface OutboxTools {
  client: CloudClient;
  store: OutboxStore;
  photosOf(projectId: string): Promise<PickedFile[]>;
  prepare(photo: Blob, compress: boolean): Promise<PreparedPhoto>;
  /** Stores the model; called again with the same one when the page went away in between. */
  onresult(projectId: string, blob: Blob, fileName: string): Promise<void>;
  onevents(entry: OutboxEntry, events: JobEvent[]): void;
  /** The entry has been written anew. */
  onchange(entry: OutboxEntry): void;
  now(): number;
  random(): number;
  /** Between two looks at a job. */
  pollMs: number;
}

/** Photos on their way at once: enough to hide the pauses between requests, few enough that each moves. */
const sendersAtOnce = 3;

/** Fires an event at the entry as it is in the store now; null when it has been removed. */
async function fire({ store, now, onchange }: OutboxTools, id: string, event: OutboxEvent): Promise<OutboxEntry | null> {
  const entry = await store.change(id, (before) => afterEvent(before, event, now()));
  if (entry) onchange(entry);
  return entry;
}

const trouble = (tools: OutboxTools, no: CloudNo): OutboxEvent => ({ type: 'trouble', ...no, random: tools.random() });

/** What a "no" means: to be tried again, or the end; `gone` is what it means that the thing asked for is not there. */
function meaning(tools: OutboxTools, no: CloudNo, gone: OutboxEvent | null = null): OutboxEvent {
  if (no.no === 'again') return trouble(tools, no);
  return no.no === 'gone' && gone ? gone : { type: 'refused', failure: no.failure };
}

async function begin(tools: OutboxTools): Promise<OutboxEvent> {
  const answer = await tools.client.health();
  if (answer.ok) return { type: 'begin' };
  // A server without our cloud says no in many ways; the order waits until there is one.
  const failure =
    answer.no === 'again' ? answer.failure : { code: 'cloud-unreachable' as const, detail: 'No cloud is connected to this page.' };
  return trouble(tools, { ...answer, failure });
}

/** The photos of the order that the person still keeps. */
async function photosNow(tools: OutboxTools, { projectId, data }: OutboxEntry): Promise<Map<string, File>> {
  const wanted = new Set(data.order.paths);
  const files = await tools.photosOf(projectId);
  return new Map(files.filter(({ path }) => wanted.has(path)).map(({ path, file }) => [path, file]));
}

async function register(tools: OutboxTools, entry: OutboxEntry, signal: AbortSignal): Promise<OutboxEvent | null> {
  const photos: OutboxPhoto[] = [];
  for (const [path, file] of await photosNow(tools, entry)) {
    const { id, blob } = await tools.prepare(file, entry.data.order.compress);
    if (signal.aborted) return null;
    if (!photos.some((photo) => photo.id === id)) photos.push({ path, id, bytes: blob.size, type: blob.type, sent: false });
  }
  if (photos.length === 0)
    return { type: 'refused', failure: { code: 'bad-file', detail: 'The photos of this order are no longer in the project.' } };
  const { projectName, preset } = entry.data.order;
  const sent = photos.map(({ id, bytes, type }) => ({ id, bytes, type }));
  const answer = await tools.client.register({ projectName, preset, photos: sent }, uploadKey(entry), signal);
  if (answer.ok) return { type: 'registered', session: answer.value, photos };
  // Registering is about nothing that could be gone: the cloud itself is.
  return meaning(tools, answer, trouble(tools, answer));
}

/** Sends one photo. Null when it is there. */
async function sendPhoto(tools: OutboxTools, entry: OutboxEntry, file: File | undefined, part: UploadPart, signal: AbortSignal) {
  const prepared = file && (await tools.prepare(file, entry.data.order.compress));
  // Another version of the browser may compress differently: what was registered cannot be made any more.
  if (prepared?.id !== part.photoId) return { type: 'upload-lost' } satisfies OutboxEvent;
  const answer = await tools.client.put(part.url, prepared.blob, signal);
  if (answer.ok) return null;
  // A signed address that has run out is refused; the next try asks for a new one.
  if (answer.status === 403) return trouble(tools, answer);
  return meaning(tools, answer, { type: 'upload-lost' });
}

async function upload(tools: OutboxTools, entry: OutboxEntry, signal: AbortSignal): Promise<OutboxEvent | null> {
  const session = await tools.client.session(entry.data.uploadId ?? '', signal);
  if (!session.ok) return meaning(tools, session, { type: 'upload-lost' });
  const truth = await fire(tools, entry.id, { type: 'resumed', session: session.value });
  if (truth?.state !== 'uploading') return null;
  const files = await photosNow(tools, truth);
  const parts = new Map(session.value.parts.map((part) => [part.photoId, part]));
  const left = truth.data.photos.filter(({ sent }) => !sent);
  let end: OutboxEvent | null = null;
  const sender = async (): Promise<void> => {
    for (let photo = left.shift(); photo && !end && !signal.aborted; photo = left.shift()) {
      const part = parts.get(photo.id);
      const no = part ? await sendPhoto(tools, truth, files.get(photo.path), part, signal) : { type: 'upload-lost' as const };
      if (no) end ??= no;
      else await fire(tools, entry.id, { type: 'photo-sent', photoId: photo.id });
    }
  };
  await Promise.all(Array.from({ length: sendersAtOnce }, sender));
  return signal.aborted ? null : end;
}

async function start(tools: OutboxTools, entry: OutboxEntry, signal: AbortSignal): Promise<OutboxEvent> {
  const uploadId = entry.data.uploadId ?? '';
  const whole = await tools.client.complete(uploadId, signal);
  if (!whole.ok) return meaning(tools, whole, { type: 'upload-lost' });
  if (whole.value.missing.length > 0) return { type: 'missing', photoIds: whole.value.missing };
  const job = await tools.client.process({ uploadId, preset: entry.data.order.preset }, processKey(entry), signal);
  return job.ok ? { type: 'started', jobId: job.value.jobId } : meaning(tools, job, { type: 'upload-lost' });
}

async function look(tools: OutboxTools, entry: OutboxEntry, signal: AbortSignal): Promise<OutboxEvent> {
  const { jobId, seq, stage, progress, isRunning } = entry.data;
  const answer = await tools.client.status(jobId ?? '', seq, signal);
  if (!answer.ok) return meaning(tools, answer);
  const asBefore = { state: isRunning ? 'running' : 'queued', stage, progress, model: null, failure: null, events: [] } as const;
  const status = answer.value ?? { ...asBefore, events: [] };
  const news = status.events.filter((each) => each.seq > seq).flatMap(({ event }) => event ?? []);
  if (news.length > 0) tools.onevents(entry, news);
  return { type: 'status', status, pollMs: tools.pollMs };
}

async function download(tools: OutboxTools, entry: OutboxEntry, signal: AbortSignal): Promise<OutboxEvent | null> {
  const { model, order } = entry.data;
  if (!model) return { type: 'refused', failure: { code: 'cloud-failed', detail: 'The job names no model.' } };
  const answer = await tools.client.model(model.id, model.format, model.bytes, signal);
  if (!answer.ok) return meaning(tools, answer);
  const now = await tools.store.get(entry.id);
  if (now?.state !== 'downloading') return null;
  await tools.onresult(entry.projectId, answer.value, `${order.projectName}.${model.format}`);
  return { type: 'downloaded' };
}

/** Tells the server that nothing of a cancelled order is wanted any more. */
async function tidy(tools: OutboxTools, { data }: OutboxEntry): Promise<OutboxEvent> {
  const answers = [
    ...(data.jobId === null ? [] : [await tools.client.removeJob(data.jobId)]),
    ...(data.uploadId === null ? [] : [await tools.client.removeUpload(data.uploadId)]),
  ];
  const no = answers.find((answer) => !answer.ok);
  return no && !no.ok && no.no === 'again' ? trouble(tools, no) : { type: 'deleted' };
}

function stepOf(tools: OutboxTools, entry: OutboxEntry, signal: AbortSignal): Promise<OutboxEvent | null> {
  switch (entry.state) {
    case 'waiting':
      return begin(tools);
    case 'registering':
      return register(tools, entry, signal);
    case 'uploading':
      return upload(tools, entry, signal);
    case 'starting':
      return start(tools, entry, signal);
    case 'running':
      return look(tools, entry, signal);
    case 'downloading':
      return download(tools, entry, signal);
    default:
      return tidy(tools, entry);
  }
}

/** Steps that fail by themselves (a disk that is full, a file that cannot be read) are tried again like those that do not get through. */
const stumble = (tools: OutboxTools, error: unknown): OutboxEvent => {
  const isFull = error instanceof Error && error.name === 'QuotaExceededError';
  const failure = { code: isFull ? 'storage-full' : 'bad-file', detail: error instanceof Error ? error.message : String(error) } as const;
  return { type: 'trouble', failure, retryAfterMs: null, random: tools.random() };
};

/** Works on the entry until it is over, has to wait, is removed, or the signal fires. Never rejects for what the cloud does. */
export async function workOn(tools: OutboxTools, id: string, signal: AbortSignal): Promise<void> {
  for (let entry = await tools.store.get(id); entry && isOpen(entry) && entry.nextTryMs <= tools.now() && !signal.aborted;) {
    const before = entry;
    const event = await stepOf(tools, entry, signal).catch((error: unknown) => stumble(tools, error));
    // A request that was broken off from here is no trouble; what it may have begun all the same is still written down.
    const counts = event !== null && !(signal.aborted && event.type === 'trouble');
    entry = counts ? await fire(tools, id, event) : await tools.store.get(id);
    if (entry && !counts && entry.state === before.state) return;
  }
}
