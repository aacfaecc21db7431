/**
 * Checkpoint: everything a run needs to go on exactly where it was, as one file: "SPLATCKP", a u32 header length, a JSON header, then the
 * raw buffers one after another.
 * Invariant: a checkpoint is only taken up by the run it belongs to: the same views, seed and settings.
 */
import { readBuffer } from '../gpu/buffers.ts';
import type { Gpu } from '../gpu/device.ts';
import { type Result, fail, ok } from '../job/failure.ts';
import type { Dataset } from '../scene/dataset.ts';
import type { TrainOptions } from './contract.ts';

const magic = 'SPLATCKP';
const version = 2;

interface Counters {
  step: number;
  count: number;
  /** Splats at the start of the run. */
  startCount: number;
  totalSteps: number;
  slotCapacity: number;
  /** What the run was planned with; another device might plan otherwise. */
  maxSplats: number;
  widthPx: number;
  shDegree: number;
}

export interface CheckpointState extends Counters {
  buffers: Uint8Array[];
}

interface Header extends Counters {
  version: number;
  run: string;
  sizes: number[];
}

/** What makes two runs the same run. */
function fingerprint(dataset: Dataset, options: TrainOptions): string {
  const { preset, maxSplats, widthPx, holdout, seed, shDegree, antialiased, refinePoses, refineExposure, hyper } = options;
  const names = dataset.reconstruction.views.map((view) => view.photoName);
  return JSON.stringify({
    preset,
    maxSplats,
    widthPx,
    holdout,
    seed,
    shDegree,
    antialiased,
    // Off and not given are the same run.
    refinePoses: refinePoses || undefined,
    refineExposure: refineExposure || undefined,
    hyper,
    names,
    points: dataset.reconstruction.points.count,
  });
}

export async function writeCheckpoint(
  gpu: Gpu,
  dataset: Dataset,
  options: TrainOptions,
  counters: Counters,
  buffers: GPUBuffer[],
): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for (const buffer of buffers) parts.push(new Uint8Array(await readBuffer(gpu, buffer)));
  const header: Header = { version, run: fingerprint(dataset, options), sizes: parts.map((part) => part.length), ...counters };
  const json = new TextEncoder().encode(JSON.stringify(header));
  const bytes = new Uint8Array(12 + json.length + parts.reduce((sum, part) => sum + part.length, 0));
  bytes.set(new TextEncoder().encode(magic));
  new DataView(bytes.buffer).setUint32(8, json.length, true);
  bytes.set(json, 12);
  let at = 12 + json.length;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

function readHeader(bytes: Uint8Array): Header | null {
  if (bytes.length < 12 || new TextDecoder().decode(bytes.subarray(0, 8)) !== magic) return null;
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(8, true);
  if (12 + length > bytes.length) return null;
  try {
    const header = JSON.parse(new TextDecoder().decode(bytes.subarray(12, 12 + length))) as Header | null;
    const sound = Array.isArray(header?.sizes) && header.sizes.every((size) => Number.isSafeInteger(size) && size >= 0);
    return sound ? header : null;
  } catch {
    return null;
  }
}

/** `bad-file` when the bytes are no checkpoint, are cut short, or belong to another run. */
export function readCheckpoint(bytes: Uint8Array, dataset: Dataset, options: TrainOptions): Result<CheckpointState> {
  const header = readHeader(bytes);
  if (!header || header.version !== version) return fail('bad-file', 'This is not a checkpoint of this version of Splat App.');
  const start = bytes.length - header.sizes.reduce((sum, size) => sum + size, 0);
  const json = new DataView(bytes.buffer, bytes.byteOffset).getUint32(8, true);
  if (start !== 12 + json) return fail('bad-file', 'The checkpoint is cut short.');
  if (header.run !== fingerprint(dataset, options)) return fail('bad-file', 'The checkpoint belongs to other photos or other settings.');
  let at = start;
  const buffers = header.sizes.map((size) => bytes.slice(at, (at += size)));
  const { step, count, startCount, totalSteps, slotCapacity, maxSplats, widthPx, shDegree } = header;
  return ok({ step, count, startCount, totalSteps, slotCapacity, maxSplats, widthPx, shDegree, buffers });
}
