/**
 * Match batch: the GPU buffers of one submission of the matcher, one photo against several others, and what is read back of it
 * (shaders/sfm/match.wgsl).
 * Invariant: rows times pairs never exceeds roomRows; a batch is used by one submission at a time.
 */
import { createBuffer, destroyBuffer, usage } from '../gpu/buffers.ts';
import type { Gpu } from '../gpu/device.ts';
import type { Kernel } from '../gpu/kernel.ts';
import { type Matches, matchesOf } from './matches.ts';

export interface MatchKernels {
  rows: Kernel;
  check: Kernel;
}

export interface BatchPair {
  /** Index of the other photo's first descriptor in the atlas, and how many it has. */
  start: number;
  count: number;
}

export interface MatchBatch {
  /** Submits all pairs of one photo; resolves with their matches. Rejects when the device is lost. */
  run(first: BatchPair, others: BatchPair[]): Promise<Matches[]>;
  dispose(): void;
}

export const roomRows = 65536;
export const roomPairs = 256;
const rowsPerGroup = 64;
const foundBytes = 16;

export function createMatchBatch(gpu: Gpu, { rows, check }: MatchKernels, atlas: GPUBuffer): MatchBatch {
  const pairs = createBuffer(gpu, 'match pairs', roomPairs * 16);
  const found = createBuffer(gpu, 'match found', roomRows * foundBytes);
  const candidates = createBuffer(gpu, 'match candidates', roomRows * 4);
  const counts = createBuffer(gpu, 'match candidate counts', roomPairs * 4);
  const checkSize = createBuffer(gpu, 'match check size', 12, usage.storage | usage.indirect | usage.copyDst);
  const staging = createBuffer(gpu, 'match read back', roomRows * foundBytes, usage.mapRead | usage.copyDst);
  const rowsGroup = rows.bind(pairs, atlas, found, candidates, counts, checkSize);
  const checkGroup = check.bind(pairs, atlas, found, candidates, counts);
  const { queue } = gpu.device;

  function submit(first: BatchPair, others: BatchPair[]): void {
    queue.writeBuffer(pairs, 0, Uint32Array.from(others.flatMap(({ start, count }) => [first.start, first.count, start, count])));
    queue.writeBuffer(counts, 0, new Uint32Array(others.length));
    queue.writeBuffer(checkSize, 0, Uint32Array.of(0, others.length, 1));
    const encoder = gpu.device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    pass.setPipeline(rows.pipeline);
    pass.setBindGroup(0, rowsGroup);
    pass.dispatchWorkgroups(Math.ceil(first.count / rowsPerGroup), others.length);
    pass.setPipeline(check.pipeline);
    pass.setBindGroup(0, checkGroup);
    pass.dispatchWorkgroupsIndirect(checkSize, 0);
    pass.end();
    encoder.copyBufferToBuffer(found, 0, staging, 0, first.count * others.length * foundBytes);
    queue.submit([encoder.finish()]);
  }

  return {
    async run(first, others) {
      submit(first, others);
      const bytes = first.count * others.length * foundBytes;
      await staging.mapAsync(1, 0, bytes);
      const words = new Int32Array(staging.getMappedRange(0, bytes));
      const size = first.count * 4;
      const matches = others.map(({ count }, k) => matchesOfFound(words.subarray(k * size, (k + 1) * size), count));
      staging.unmap();
      return matches;
    },
    dispose() {
      for (const buffer of [pairs, found, candidates, counts, checkSize, staging]) destroyBuffer(gpu, buffer);
    },
  };
}

/** found: [rows, 4]: best column, product, second product, best row of that column (-1 where the GPU did not look). */
function matchesOfFound(found: Int32Array, columnCount: number): Matches {
  const rowCount = found.length / 4;
  const column = new Int32Array(rowCount);
  const product = new Int32Array(rowCount);
  const second = new Int32Array(rowCount);
  const row = new Int32Array(columnCount).fill(-1);
  for (let i = 0; i < rowCount; i++) {
    column[i] = found[4 * i];
    product[i] = found[4 * i + 1];
    second[i] = found[4 * i + 2];
    if (found[4 * i + 3] >= 0) row[column[i]] = found[4 * i + 3];
  }
  return matchesOf({ column, product, second, row });
}
