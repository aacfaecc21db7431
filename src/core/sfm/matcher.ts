/**
 * Matcher: descriptor matching on the GPU (shaders/sfm/match.wgsl), the same matches as matchCpu() to the last one.
 * Invariant: runs on WebGPU's default limits; two batches are in flight at most, and a photo's descriptors are uploaded once while they
 * stay in the atlas.
 *
 * Cost: 780 pairs of 4,000 x 4,000 features are 780 * 4000^2 * 128 = 1.6e12 multiply-adds for the rows, and the share of rows that pass
 * the ratio test (5 to 30 %) of that again for the mutual test. With packed products a laptop GPU of 1 TFLOP/s in f32 (0.5e12
 * multiply-adds a second) has room for up to 2e12 a second: about 1 to 3 s; in f32, with as many instructions again for unpacking, 4 to
 * 8 s. Read back: 780 * 4000 * 16 bytes = 50 MB.
 */
import dotPackedCode from '../../../shaders/sfm/match_dot_packed.wgsl?raw';
import dotPlainCode from '../../../shaders/sfm/match_dot_plain.wgsl?raw';
import matchCode from '../../../shaders/sfm/match.wgsl?raw';
import type { Gpu } from '../gpu/device.ts';
import { type Binding, createKernel } from '../gpu/kernel.ts';
import { createDescriptorAtlas } from './descriptorAtlas.ts';
import { descriptorSize } from './features.ts';
import { type BatchPair, type MatchBatch, type MatchKernels, createMatchBatch, roomPairs, roomRows } from './matchBatch.ts';
import { type MatchTaskResult, matchCpu } from './matchCpu.ts';
import { type Matches, maxAngle, maxRatio } from './matches.ts';

/** 'packed': integer dot products of four bytes, a language feature; 'plain': f32. */
export type MatchArithmetic = 'packed' | 'plain';

export interface MatcherOptions {
  arithmetic?: MatchArithmetic;
  /** Descriptors kept on the GPU, 128 bytes each; 2^19 (64 MiB) by default. */
  atlasCapacity?: number;
  /** A clock: with it, and where both arithmetics work, the faster one is found by measuring. */
  nowMs?: () => number;
}

export interface Matcher {
  readonly arithmetic: MatchArithmetic;
  /**
   * Matches one photo's descriptors [n, 128] with those of each of the others. Photos are told apart by their array object. Rejects with
   * the signal's reason when aborted, and when the device is lost.
   */
  match(first: Uint8Array, others: Uint8Array[], signal?: AbortSignal): Promise<MatchTaskResult[]>;
  dispose(): void;
}

const atlasCapacity = 2 ** 19;
const batchesInFlight = 2;

export async function createMatcher(gpu: Gpu, options: MatcherOptions = {}): Promise<Matcher> {
  if (options.arithmetic) return matcherWith(gpu, options.arithmetic, options.atlasCapacity ?? atlasCapacity);
  if (!(await compilesPacked(gpu))) return createMatcher(gpu, { ...options, arithmetic: 'plain' });
  const arithmetic = options.nowMs ? await fasterArithmetic(gpu, options.nowMs) : 'packed';
  return createMatcher(gpu, { ...options, arithmetic });
}

/** Whether the shading language has packed integer dot products; no adapter or device says so itself, the compiler does. */
async function compilesPacked({ device }: Gpu): Promise<boolean> {
  device.pushErrorScope('validation');
  device.createShaderModule({ label: 'packed products?', code: dotPackedCode });
  return (await device.popErrorScope()) === null;
}

/** Times 16 pairs of 1,024 x 1,024 features each way, after a first run. */
async function fasterArithmetic(gpu: Gpu, nowMs: () => number): Promise<MatchArithmetic> {
  const photo = Uint8Array.from({ length: 1024 * descriptorSize }, (_, k) => (k * 31) % 67);
  const others = Array.from({ length: 16 }, () => photo);
  const times: number[] = [];
  for (const arithmetic of ['packed', 'plain'] as const) {
    const matcher = await matcherWith(gpu, arithmetic, 4096);
    await matcher.match(photo, [photo]);
    const started = nowMs();
    await matcher.match(photo, others);
    times.push(nowMs() - started);
    matcher.dispose();
  }
  return times[1] < times[0] ? 'plain' : 'packed';
}

async function createKernels(gpu: Gpu, arithmetic: MatchArithmetic): Promise<MatchKernels> {
  const code = [arithmetic === 'packed' ? dotPackedCode : dotPlainCode, matchCode];
  const make = (entry: string, bindings: Binding[], constants?: Record<string, number>) =>
    createKernel(gpu, { label: `${entry} ${arithmetic}`, code, entry, bindings, ...(constants ? { constants } : {}) });
  const shared: Binding[] = ['read', 'read', 'write', 'write', 'write'];
  const [rows, check] = await Promise.all([
    make('match_rows', [...shared, 'write'], { MAX_ANGLE: maxAngle, MAX_RATIO: maxRatio }),
    make('match_check', shared),
  ]);
  return { rows, check };
}

async function matcherWith(gpu: Gpu, arithmetic: MatchArithmetic, capacity: number): Promise<Matcher> {
  const kernels = await createKernels(gpu, arithmetic);
  const atlas = createDescriptorAtlas(gpu, capacity);
  const batches = Array.from({ length: batchesInFlight }, () => createMatchBatch(gpu, kernels, atlas.buffer));
  const idle = [...batches];
  const waiting: ((batch: MatchBatch) => void)[] = [];
  let isDisposed = false;
  const takeBatch = async (): Promise<MatchBatch> => idle.pop() ?? new Promise((resolve) => waiting.push(resolve));
  const giveBack = (batch: MatchBatch): void => {
    const next = waiting.shift();
    if (next) next(batch);
    else idle.push(batch);
  };
  const largest = Math.min(atlas.maxCount, roomRows);
  const countOf = (photo: Uint8Array): number => photo.length / descriptorSize;
  const fits = (photo: Uint8Array): boolean => countOf(photo) > 0 && countOf(photo) <= largest;

  /** Places as many of the others as fit one batch, from index `from` on. At least one does. */
  function place(first: Uint8Array, others: Uint8Array[], from: number): { first: BatchPair; others: BatchPair[] } {
    const pinned = new Set([first]);
    const placed: BatchPair = { start: atlas.place(first, pinned)!, count: countOf(first) };
    const most = Math.min(roomPairs, Math.floor(roomRows / placed.count));
    const pairs: BatchPair[] = [];
    for (const other of others.slice(from, from + most)) {
      const start = atlas.place(other, pinned);
      if (start === null) break;
      pinned.add(other);
      pairs.push({ start, count: countOf(other) });
    }
    return { first: placed, others: pairs };
  }

  /** All batches of one photo against others that fit. A batch that fails stops the rest. */
  async function runBatches(first: Uint8Array, others: Uint8Array[], signal?: AbortSignal): Promise<Matches[]> {
    const running: Promise<Matches[]>[] = [];
    let hasFailed = false;
    for (let from = 0; from < others.length;) {
      const batch = await takeBatch();
      if (signal?.aborted || hasFailed || isDisposed) {
        giveBack(batch);
        break;
      }
      // Placing, writing and submitting happen without a pause, so that no other call's uploads come between.
      const placed = place(first, others, from);
      from += placed.others.length;
      const run = batch.run(placed.first, placed.others);
      running.push(run);
      void run.catch(() => (hasFailed = true)).finally(() => giveBack(batch));
    }
    const matches = await Promise.all(running);
    signal?.throwIfAborted();
    if (isDisposed) throw new Error('The matcher was disposed of in the middle of a call.');
    return matches.flat();
  }

  return {
    arithmetic,
    async match(first, others, signal) {
      signal?.throwIfAborted();
      // Nothing to do, or too large for the GPU's room.
      if (!fits(first)) return matchCpu(first, others);
      const onGpu = others.filter(fits);
      const matches = await runBatches(first, onGpu, signal);
      const ofPhoto = new Map(onGpu.map((photo, k) => [photo, matches[k]]));
      return others.map((other) => ({ matches: ofPhoto.get(other) ?? matchCpu(first, [other])[0].matches }));
    },
    dispose() {
      isDisposed = true;
      for (const batch of batches) batch.dispose();
      atlas.dispose();
    },
  };
}
