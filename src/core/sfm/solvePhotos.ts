/**
 * First stage of solving: every photo is hashed, decoded and its features found, or taken from the cache.
 * Invariant: a photo that cannot be decoded has zero features and says why; the others are not held up by it.
 */
import { sharpnessOf } from '../image/sharpness.ts';
import type { Gpu } from '../gpu/device.ts';
import type { Pixels, SourceFile } from '../scene/dataset.ts';
import type { SolveEvents, SolveHost } from './contract.ts';
import { noExif, type PhotoExif, readExif } from './exif.ts';
import { descriptorSize, type Features } from './features.ts';
import { packPhoto, type StoredPhoto, unpackPhoto } from './featureStore.ts';
import { greyOf, type GreyImage } from './grey.ts';
import { createTurns, mapInFlight } from './inFlight.ts';
import { createSift } from './sift.ts';

export interface SolvePhoto extends StoredPhoto {
  name: string;
  /** SHA-256 of the file in hexadecimal; null where the platform has no digest. */
  id: string | null;
  exif: PhotoExif;
  unreadable: string | null;
}

export interface FeatureSettings {
  maxSidePx: number;
  maxFeatures: number;
}

/** Changes when the features of the same photo would. */
const featureVersion = 1;

export const settingsKey = ({ maxSidePx, maxFeatures }: FeatureSettings): string => `v${featureVersion}-${maxSidePx}-${maxFeatures}`;

type Extract = (image: GreyImage) => Promise<Omit<Features, 'colours'>>;

const noFeatures = (): Features => ({
  widthPx: 0,
  heightPx: 0,
  count: 0,
  keypoints: new Float32Array(0),
  descriptors: new Uint8Array(0),
  colours: new Uint8Array(0),
});

/** The photo's colour at each key point. */
function coloursAt({ widthPx, heightPx, rgba }: Pixels, keypoints: Float32Array, count: number): Uint8Array {
  const colours = new Uint8Array(3 * count);
  for (let k = 0; k < count; k++) {
    const x = Math.min(widthPx - 1, Math.max(0, Math.floor(keypoints[4 * k])));
    const y = Math.min(heightPx - 1, Math.max(0, Math.floor(keypoints[4 * k + 1])));
    const at = 4 * (y * widthPx + x);
    for (let c = 0; c < 3; c++) colours[3 * k + c] = rgba[at + c];
  }
  return colours;
}

async function hashOf(bytes: Uint8Array): Promise<string | null> {
  try {
    const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes as Uint8Array<ArrayBuffer>));
    return [...digest].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  } catch {
    return null;
  }
}

const reason = (error: unknown): string => (error instanceof Error ? error.message : String(error));

interface Stage {
  settings: FeatureSettings;
  host: SolveHost;
  extract: Extract;
  /** GPU work and the large buffers around it, one photo at a time. */
  turns: ReturnType<typeof createTurns> | null;
}

async function fresh(file: SourceFile, stage: Stage): Promise<StoredPhoto> {
  const { pixels, widthPx, heightPx } = await stage.host.decode(file, stage.settings.maxSidePx);
  const grey = greyOf(pixels);
  const found = await stage.extract(grey);
  const count = found.count;
  const features: Features = {
    ...found,
    keypoints: found.keypoints.slice(0, 4 * count),
    descriptors: found.descriptors.slice(0, descriptorSize * count),
    colours: coloursAt(pixels, found.keypoints, count),
  };
  return { widthPx, heightPx, sharpness: sharpnessOf(grey), features };
}

async function loadPhoto(file: SourceFile, stage: Stage): Promise<SolvePhoto> {
  const { host, settings } = stage;
  const broken = (why: string): SolvePhoto => ({
    ...{ name: file.path, id: null, exif: noExif, unreadable: why },
    ...{ widthPx: 0, heightPx: 0, sharpness: 0, features: noFeatures() },
  });
  let bytes: Uint8Array;
  try {
    bytes = await file.bytes();
  } catch (error) {
    return broken(`The file cannot be read: ${reason(error)}`);
  }
  const id = await hashOf(bytes);
  const exif = await readExif(bytes);
  const key = id === null ? null : `features-${settingsKey(settings)}-${id}`;
  const kept = key === null ? null : await host.cache?.get(key);
  const stored = kept ? unpackPhoto(kept) : null;
  if (stored) return { ...stored, name: file.path, id, exif, unreadable: null };
  const once: SourceFile = { ...file, bytes: () => Promise.resolve(bytes) };
  try {
    const made = stage.turns ? await stage.turns(() => fresh(once, stage)) : await fresh(once, stage);
    if (key !== null) await host.cache?.put(key, packPhoto(made));
    return { ...made, name: file.path, id, exif, unreadable: null };
  } catch (error) {
    if (error instanceof TaskFault) throw error;
    return { ...broken(`The photo cannot be decoded: ${reason(error)}`), id };
  }
}

/** An error of the solver's own, not of the photo. */
class TaskFault extends Error {}

/** Features of all photos, in the order given. Emits 'features' progress. */
export async function solvePhotos(
  gpu: Gpu | null,
  files: SourceFile[],
  settings: FeatureSettings,
  host: SolveHost,
  events: SolveEvents,
  signal?: AbortSignal,
): Promise<SolvePhoto[]> {
  const { maxFeatures } = settings;
  const sift = gpu ? await createSift(gpu) : null;
  const onGpu = (image: GreyImage) => sift!.extract(image, { maxFeatures });
  const onPool = async (image: GreyImage) => {
    const result = await host.pool.run({ kind: 'features', image, maxFeatures }, signal);
    if (result.kind !== 'features') throw new TaskFault('The pool answered another task.');
    return result.features;
  };
  const extract: Extract = async (image) => {
    signal?.throwIfAborted();
    try {
      return await (sift ? onGpu(image) : onPool(image));
    } catch (error) {
      throw signal?.aborted ? error : new TaskFault(reason(error));
    }
  };
  const stage: Stage = { settings, host, extract, turns: sift ? createTurns() : null };
  let done = 0;
  const started = host.nowMs();
  const load = async (index: number): Promise<SolvePhoto> => {
    const photo = await loadPhoto(files[index], stage);
    done++;
    const secondsLeft = ((host.nowMs() - started) / 1000 / done) * (files.length - done);
    events.emit({ type: 'progress', stage: 'features', done, total: files.length, unit: 'photos', secondsLeft });
    return photo;
  };
  try {
    return await mapInFlight(files.length, sift ? 2 : host.pool.size, load, signal);
  } finally {
    sift?.dispose();
  }
}
