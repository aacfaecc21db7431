/**
 * Checkpoint: everything a run needs to go on exactly where it was, as one file: "SPLATCKP", a u32 header length, a JSON header, then the
 * raw buffers one after another.
 * Invariant: a checkpoint is only taken up by the run it belongs to: the same views, seed and settings.
 */
import { readTogether } from '../gpu/buffers.ts';
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

/** A checkpoint in parts, to be written one after another. All buffers are as they are at the moment of the call. */
export async function checkpointParts(
  gpu: Gpu,
  dataset: Dataset,
  options: TrainOptions,
  counters: Counters,
  buffers: GPUBuffer[],
): Promise<Uint8Array[]> {
  const parts = (await readTogether(gpu, buffers)).map((bytes) => new Uint8Array(bytes));
  const header: Header = { version, run: fingerprint(dataset, options), sizes: parts.map((part) => part.length), ...counters };
  const json = new TextEncoder().encode(JSON.stringify(header));
  const start = new Uint8Array(12);
  start.set(new TextEncoder().encode(magic));
  new DataView(start.buffer).setUint32(8, json.length, true);
  return [start, json, ...parts];
}

/** The parts as one file. */
export function joined(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
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
