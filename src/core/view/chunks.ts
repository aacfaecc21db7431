/**
 * Chunks: the viewer's splats on the GPU, in buffers of bounded size that are filled from the front and never moved.
 * Invariant: every chunk but the last is full; no buffer is larger than the portable floor binds.
 */
import { createBuffer, destroyBuffer, usage } from '../gpu/buffers.ts';
import type { Gpu } from '../gpu/device.ts';
import { type PackedSplats, geometryWords, shWords } from './packedSplats.ts';
import type { Box } from './splatRenderer.ts';

export interface Chunk {
  /** Number of its first splat. */
  base: number;
  count: number;
  capacity: number;
  geometry: GPUBuffer;
  sh: GPUBuffer;
  /** base, count, vec4 of SH per splat. */
  uniform: GPUBuffer;
}

export interface Chunks {
  readonly list: readonly Chunk[];
  readonly count: number;
  /** Box of all means. */
  readonly box: Box;
  append(batch: PackedSplats): void;
  /** Sets the opacity of splats to 0. */
  hide(indices: Uint32Array): void;
  /** Other rows for splats from `first` on, their means as before. */
  rewrite(first: number, geometry: Uint32Array<ArrayBuffer>): void;
  bytes(): number;
  dispose(): void;
}

/** Splats in a full chunk: 8 MiB of geometry, 24 MiB of SH at degree 3. */
const chunkSplats = 2 ** 18;
const opacityWord = 4;

/** Room for splats of one SH degree; `expected` sizes the first chunk. */
export function createChunks(gpu: Gpu, shDegree: number, expected: number): Chunks {
  const list: Chunk[] = [];
  const words = shWords(shDegree);
  const box: Box = { low: [Infinity, Infinity, Infinity], high: [-Infinity, -Infinity, -Infinity] };
  const { queue } = gpu.device;

  const addChunk = (atLeast: number): Chunk => {
    const base = list.reduce((sum, { capacity }) => sum + capacity, 0);
    const capacity = Math.min(chunkSplats, Math.max(1024, atLeast, expected - base));
    const chunk = {
      base,
      count: 0,
      capacity,
      geometry: createBuffer(gpu, 'view geometry', 4 * geometryWords * capacity),
      sh: createBuffer(gpu, 'view SH', 4 * words * capacity),
      uniform: createBuffer(gpu, 'view chunk', 16, usage.uniform | usage.copyDst),
    };
    list.push(chunk);
    return chunk;
  };

  const grow = (means: Float32Array, from: number, count: number): void => {
    for (let i = from; i < from + count; i++)
      for (let k = 0; k < 3; k++) {
        const x = means[geometryWords * i + k];
        if (x < box.low[k]) box.low[k] = x;
        if (x > box.high[k]) box.high[k] = x;
      }
  };

  return {
    list,
    box,
    get count() {
      return list.reduce((sum, { count }) => sum + count, 0);
    },
    append({ count, geometry, sh }) {
      const means = new Float32Array(geometry.buffer, geometry.byteOffset, geometry.length);
      for (let from = 0; from < count;) {
        const last = list.at(-1);
        const chunk = last && last.count < last.capacity ? last : addChunk(count - from);
        const n = Math.min(count - from, chunk.capacity - chunk.count);
        queue.writeBuffer(chunk.geometry, 4 * geometryWords * chunk.count, geometry, geometryWords * from, geometryWords * n);
        if (words > 0) queue.writeBuffer(chunk.sh, 4 * words * chunk.count, sh, words * from, words * n);
        grow(means, from, n);
        chunk.count += n;
        queue.writeBuffer(chunk.uniform, 0, new Uint32Array([chunk.base, chunk.count, words / 4, 0]));
        from += n;
      }
    },
    hide(indices) {
      for (const index of indices) {
        const chunk = list.find(({ base, count }) => index >= base && index < base + count);
        // The low half is a scale, which does not matter to what is not drawn.
        if (chunk) queue.writeBuffer(chunk.geometry, 4 * (geometryWords * (index - chunk.base) + opacityWord), new Uint32Array([0]));
      }
    },
    rewrite(first, geometry) {
      const end = first + geometry.length / geometryWords;
      for (const { base, count, geometry: buffer } of list) {
        const [from, to] = [Math.max(first, base), Math.min(end, base + count)];
        if (from >= to) continue;
        const words = geometryWords * (to - from);
        queue.writeBuffer(buffer, 4 * geometryWords * (from - base), geometry, geometryWords * (from - first), words);
      }
    },
    bytes: () => list.reduce((sum, { geometry, sh, uniform }) => sum + geometry.size + sh.size + uniform.size, 0),
    dispose() {
      for (const { geometry, sh, uniform } of list.splice(0)) for (const buffer of [geometry, sh, uniform]) destroyBuffer(gpu, buffer);
    },
  };
}
