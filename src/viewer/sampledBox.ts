/**
 * Robust box of positions while they come in: the 5th to 95th percentile along each axis, of a sample; and how large its splats are.
 * Invariant: the same positions in the same runs give the same box; positions are finite.
 */
import { type PackedSplats, geometryWords, unpackLogScale } from '../core/view/packedSplats.ts';
import type { Box } from '../core/view/splatRenderer.ts';

const sampleSize = 20_000;

export interface BoxSample {
  add(packed: PackedSplats): void;
  /** Null before the first splat. File space. */
  box(): Box | null;
  /** Median of the largest log scales; null before the first splat. */
  medianLogScale(): number | null;
}

/** Greatest log scale of row i. */
export const largestLogScale = (geometry: Uint32Array, i: number): number => {
  const at = geometryWords * i;
  return Math.max(unpackLogScale(geometry, at, 0), unpackLogScale(geometry, at, 1), unpackLogScale(geometry, at, 2));
};

/** `expected` splats in all, as far as known: how densely the runs are sampled. */
export function createBoxSample(expected: number): BoxSample {
  const stride = Math.max(1, Math.ceil(expected / sampleSize));
  const axes: number[][] = [[], [], []];
  const sizes: number[] = [];
  let next = 0;
  return {
    add({ count, geometry }) {
      const floats = new Float32Array(geometry.buffer, geometry.byteOffset, geometry.length);
      for (; next < count; next += stride) {
        for (let k = 0; k < 3; k++) axes[k].push(floats[next * geometryWords + k]);
        sizes.push(largestLogScale(geometry, next));
      }
      next -= count;
    },
    box() {
      if (axes[0].length === 0) return null;
      const sorted = axes.map((values) => Float64Array.from(values).sort());
      const at = (share: number) => sorted.map((values) => values[Math.round(share * (values.length - 1))]) as Box['low'];
      return { low: at(0.05), high: at(0.95) };
    },
    medianLogScale: () => (sizes.length === 0 ? null : Float64Array.from(sizes).sort()[(sizes.length - 1) >> 1]),
  };
}
