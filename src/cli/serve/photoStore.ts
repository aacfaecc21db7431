/**
 * Photo store: the photos of a job on disk, fetched by its manifest.
 * Invariant: a file appears under its name only when its size and SHA-256 are those of the manifest; names come from the checked manifest,
 * never from an address; and when it is done nothing but the manifest's photos lies in the folder.
 */
import { createHash } from 'node:crypto';
import { mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Failure, fail } from '../../core/job/failure.ts';
import type { Manifest, ManifestImage } from '../../core/job/trainerApi.ts';
import { fileFailure } from '../fileFailure.ts';
import { type Answer, type No, detailOf } from './answer.ts';
import { factsOf } from './fileHash.ts';
import type { JobClient } from './protocolClient.ts';
import { backoffMs, wait } from './waiting.ts';

const lanes = 4;
/** Tries of one photo that arrives damaged or is refused. */
const mostTries = 5;

export interface PhotoStore {
  client: Pick<JobClient, 'manifest' | 'download' | 'leaseUntil'>;
  folder: string;
  onProgress(done: number, total: number): void;
  random(): number;
  /** Milliseconds after the lease during which a server that is away is still asked. */
  patienceMs: number;
  signal: AbortSignal;
}

/** `no`: the cloud said it, or nobody did. `failure`: it is the matter with the photos or with this disk. */
export type Fetched = { ok: true; photos: number } | { ok: false; no: No } | { ok: false; failure: Failure };

/** What became of one try. `damaged`: other bytes came than were announced. */
type Tried = 'right' | { damaged: string } | { no: No } | { failure: Failure };

async function isRight(path: string, { bytes, sha256 }: ManifestImage): Promise<boolean> {
  const facts = await factsOf(path);
  return facts !== null && facts.bytes === bytes && facts.sha256 === sha256;
}

/** Streams a body to disk; says what came, or stops as soon as more comes than was announced. */
async function saveBody(response: Response, path: string, mostBytes: number): Promise<{ bytes: number; sha256: string }> {
  const hash = createHash('sha256');
  let bytes = 0;
  const file = await open(path, 'w');
  try {
    for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
      bytes += chunk.length;
      if (bytes > mostBytes) break;
      hash.update(chunk);
      await file.write(chunk);
    }
    await file.sync();
  } finally {
    await file.close();
  }
  return { bytes, sha256: hash.digest('hex') };
}

const isFileError = (error: unknown): boolean => error instanceof Error && 'syscall' in error && 'path' in error;
const isDiskFull = (error: unknown): boolean => error instanceof Error && 'code' in error && /^(ENOSPC|EDQUOT)$/.test(String(error.code));

async function tryPhoto({ client, folder, signal }: PhotoStore, image: ManifestImage): Promise<Tried> {
  const answer = await client.download(image.url);
  if (!answer.ok) return { no: answer };
  const path = join(folder, image.name);
  const temporary = `${path}.part`;
  try {
    const came = await saveBody(answer.value, temporary, image.bytes);
    if (came.bytes !== image.bytes) return { damaged: `${came.bytes} bytes came, ${image.bytes} were announced` };
    if (came.sha256 !== image.sha256) return { damaged: 'its bytes are not those announced' };
    await rename(temporary, path);
    return 'right';
  } catch (error) {
    if (signal.aborted) return { no: { no: 'stopped' } };
    if (isFileError(error) || isDiskFull(error)) return { failure: fileFailure(error, 'write', path) };
    return { no: { no: 'again', detail: `The download of ${image.name} was cut off.`, wishMs: null } };
  }
}

/** Addresses run out; all photos share one question for new ones. */
function freshAddresses({ client }: PhotoStore, manifest: Manifest) {
  let images = new Map(manifest.images.map((image) => [image.name, image]));
  let asking: Promise<Answer<Manifest>> | null = null;
  return {
    imageOf: (name: string): ManifestImage => images.get(name)!,
    /** The "no" when there are none. `refused`: the address that was refused; another photo may have asked since. */
    async renew(refused: ManifestImage): Promise<No | null> {
      if (images.get(refused.name)?.url !== refused.url) return null;
      asking ??= client.manifest().finally(() => (asking = null));
      const answer = await asking;
      if (!answer.ok) return answer;
      const found = new Map(answer.value.images.map((image) => [image.name, image]));
      if ([...images.keys()].every((name) => found.has(name))) images = found;
      return null;
    },
  };
}

/** One photo until it is right; null then. */
async function fetchPhoto(
  store: PhotoStore,
  name: string,
  addresses: ReturnType<typeof freshAddresses>,
): Promise<{ no: No } | { failure: Failure } | null> {
  let [tries, failures, why] = [0, 0, ''];
  while (tries < mostTries) {
    const image = addresses.imageOf(name);
    const tried = await tryPhoto(store, image);
    if (tried === 'right') return null;
    if ('failure' in tried || ('no' in tried && tried.no.no === 'stopped')) return tried;
    failures++;
    if ('damaged' in tried) {
      tries++;
      why = tried.damaged;
    } else if (tried.no.no !== 'again') {
      tries++;
      why = detailOf(tried.no);
      const no = await addresses.renew(image);
      if (no) return { no };
    } else if (Date.now() > store.client.leaseUntil + store.patienceMs) return tried;
    const wishMs = 'no' in tried && tried.no.no === 'again' ? tried.no.wishMs : null;
    await wait(backoffMs(failures, store.random(), wishMs), store.signal);
    if (store.signal.aborted) return { no: { no: 'stopped' } };
  }
  return fail('bad-file', `${name} could not be fetched: ${why.replace(/\.$/, '')}.`, { file: name });
}

async function removeOthers(folder: string, images: readonly ManifestImage[]): Promise<void> {
  const wanted = new Set(images.map(({ name }) => name));
  for (const name of await readdir(folder)) if (!wanted.has(name)) await rm(join(folder, name), { recursive: true, force: true });
}

/** Brings all photos of the job into the folder. Those that are there already, and right, are not fetched again. */
export async function fetchPhotos(store: PhotoStore): Promise<Fetched> {
  const { folder, client, onProgress } = store;
  const manifest = await client.manifest();
  if (!manifest.ok) return { ok: false, no: manifest };
  const { images } = manifest.value;
  try {
    await mkdir(folder, { recursive: true });
    await removeOthers(folder, images);
  } catch (error) {
    return { ok: false, failure: fileFailure(error, 'write', folder) };
  }
  const addresses = freshAddresses(store, manifest.value);
  const todo = [...images];
  let [done, ended] = [0, null as { no: No } | { failure: Failure } | null];
  async function lane(): Promise<void> {
    for (let image = todo.shift(); image && !ended; image = todo.shift()) {
      const problem = (await isRight(join(folder, image.name), image)) ? null : await fetchPhoto(store, image.name, addresses);
      if (problem) ended ??= problem;
      else onProgress(++done, images.length);
    }
  }
  await Promise.all(Array.from({ length: lanes }, lane));
  return ended ? { ok: false, ...ended } : { ok: true, photos: images.length };
}
