/**
 * One owner's way through the cloud, as the app goes it: announce, send, complete, order, ask until it is done, fetch the model.
 * Invariant: it ends with a model whose bytes came whole, or throws with what went wrong.
 */
import type { JobStatus, ProcessAnswer, UploadCompleted, UploadSession } from '../../../src/core/job/cloudApi.ts';
import { type Answer, type Calls, json, pause, wanted } from './calls.ts';
import { chance } from './chance.ts';
import { cutPut } from './cutPut.ts';
import { type Photo, sha256Of } from './photos.ts';

export interface Faults {
  seed: number;
  /** Share of the POSTs that are sent twice. */
  twice: number;
  /** Share of the PUTs that are cut in the middle and repeated. */
  cut: number;
}

export interface OwnerRun {
  index: number;
  cookie: string;
  uploadId: string;
  jobId: string;
  modelId: string;
  /** Hashes, in the order in which they were announced. */
  photos: string[];
  /** Of the files that were fetched, by format. */
  models: Map<string, string>;
  cutPuts: number;
  secondsToModel: number;
}

export interface Place {
  origin: string;
  calls: Calls;
  faults: Faults;
  signal: AbortSignal;
}

const putsAtOnce = 3;
const pollMs = 1000;
const jobPatienceMs = 15 * 60_000;

/**
 * Headers of an owner. Each names an address of its own, as Cloudflare's edge would write it into this header: all of them are on this
 * machine, and the coarse limit of writes for each address is meant for a household.
 */
export const headersOf = (index: number, cookie: string | null): Record<string, string> => ({
  'cf-connecting-ip': `10.${index >> 16}.${(index >> 8) & 255}.${index & 255}`,
  ...(cookie !== null && { cookie }),
});

export function ownerCalls({ origin, calls, faults }: Place, index: number) {
  let cookie: string | null = null;

  async function ask(name: string, path: string, init: RequestInit = {}): Promise<Answer> {
    // A browser says with every POST which page it is of.
    const headers = { ...headersOf(index, cookie), origin, ...(init.headers as Record<string, string>) };
    const answer = await calls.ask(name, new URL(path, origin).href, { ...init, headers });
    const [given] = answer.headers.getSetCookie();
    if (given) cookie = given.split(';')[0];
    return answer;
  }

  /**
   * Now and then sent twice: at once, or, by somebody whom the first answer makes an owner, one after the other.
   * @param idOf what both answers must agree in
   */
  async function post<T>(name: string, path: string, body: object, key: string | null, idOf: (answer: T) => string): Promise<T> {
    const headers = { 'content-type': 'application/json', ...(key !== null && { 'idempotency-key': key }) };
    const send = async (): Promise<Answer> => {
      const answer = await ask(name, path, { method: 'POST', headers, body: JSON.stringify(body) });
      return answer.status === 200 || answer.status === 201 || answer.status === 202 ? answer : wanted(answer, 200, name);
    };
    if (chance(faults.seed, `twice ${name} ${index}`) >= faults.twice) return json<T>(await send());
    const [first, second] = cookie === null ? [await send(), await send()] : await Promise.all([send(), send()]);
    const [one, two] = [json<T>(first), json<T>(second)];
    if (idOf(one) !== idOf(two)) throw new Error(`${name}, sent twice, gave ${idOf(one)} and ${idOf(two)}.`);
    return one;
  }

  return {
    ask,
    post,
    get cookie() {
      return cookie ?? '';
    },
  };
}
type OwnerCalls = ReturnType<typeof ownerCalls>;

/** @returns how many were cut in the middle */
async function putPhotos(place: Place, index: number, { ask }: OwnerCalls, session: UploadSession, photos: Photo[]): Promise<number> {
  const { origin, faults } = place;
  const parts = new Map(session.parts.map((part) => [part.photoId, part]));
  const todo = [...photos];
  let cut = 0;
  async function lane(): Promise<void> {
    for (let photo = todo.shift(); photo; photo = todo.shift()) {
      const { url } = parts.get(photo.sha256) ?? { url: '' };
      if (chance(faults.seed, `cut ${photo.sha256}`) < faults.cut) {
        await cutPut(new URL(url, origin).href, photo.bytes, headersOf(index, null));
        cut++;
      }
      const init = { method: 'PUT', headers: { 'content-type': 'image/jpeg' }, body: new Uint8Array(photo.bytes) };
      wanted(await ask('PUT photo', url, init), 200, 'PUT photo');
    }
  }
  await Promise.all(Array.from({ length: putsAtOnce }, lane));
  return cut;
}

/** Asks every second, with the ETag of the last answer, and counts that the stream of events ends once. */
async function waitForModel({ signal }: Place, { ask }: OwnerCalls, jobId: string): Promise<NonNullable<JobStatus['model']>> {
  let [since, etag, ends] = [0, '', 0];
  const deadline = Date.now() + jobPatienceMs;
  while (Date.now() < deadline && !signal.aborted) {
    const answer = await ask('GET status', `/api/status/${jobId}?since=${since}`, {
      headers: etag === '' ? {} : { 'if-none-match': etag },
    });
    if (answer.status !== 304) {
      const status = json<JobStatus>(wanted(answer, 200, 'GET status'));
      for (const { seq, event } of status.events) {
        if (seq <= since) throw new Error(`Event ${seq} came after ${since}.`);
        since = seq;
        if (event?.type === 'finished') ends++;
      }
      etag = answer.headers.get('etag') ?? '';
      if (status.state === 'failed' || status.state === 'cancelled')
        throw new Error(`The job is ${status.state}: ${status.failure?.detail}`);
      // The row is completed a moment before the room is told.
      if (status.state === 'completed' && status.model && ends === 1) return status.model;
      if (ends > 1) throw new Error('The job ended twice.');
    }
    await pause(pollMs * (0.75 + 0.5 * Math.random()));
  }
  throw new Error(`Job ${jobId} was not completed in time.`);
}

export async function runOwner(place: Place, index: number, photos: Photo[]): Promise<OwnerRun> {
  const owner = ownerCalls(place, index);
  const begun = performance.now();
  const announced = photos.map(({ sha256, bytes }) => ({ id: sha256, bytes: bytes.length, type: 'image/jpeg' }));
  const upload = { projectName: `Project of owner ${index}`, photos: announced, preset: 'preview' };
  const session = await owner.post<UploadSession>('POST uploads', '/api/uploads', upload, `upload-of-${index}`, ({ uploadId }) => uploadId);
  const cutPuts = await putPhotos(place, index, owner, session, photos);
  const { missing } = await owner.post<UploadCompleted>(
    'POST complete',
    `/api/uploads/${session.uploadId}/complete`,
    {},
    null,
    ({ missing }) => missing.join(),
  );
  if (missing.length > 0) throw new Error(`${missing.length} photos are missing.`);
  const order = { uploadId: session.uploadId, preset: 'preview' };
  const { jobId } = await owner.post<ProcessAnswer>('POST process', '/api/process', order, `order-of-${index}`, ({ jobId }) => jobId);
  const model = await waitForModel(place, owner, jobId);
  const models = new Map<string, string>();
  for (const format of new Set([model.format, 'splat'])) {
    const answer = wanted(await owner.ask('GET model', `/api/model/${model.id}?format=${format}`), 200, 'GET model');
    if (format === model.format && answer.bytes.length !== model.bytes) throw new Error('The model is not as long as the status said.');
    models.set(format, sha256Of(answer.bytes));
  }
  return {
    ...{ index, cookie: owner.cookie, uploadId: session.uploadId, jobId, modelId: model.id, photos: photos.map(({ sha256 }) => sha256) },
    ...{ models, cutPuts, secondsToModel: (performance.now() - begun) / 1000 },
  };
}
