/**
 * Guided matching: once a pair's pose is known, candidates are only those near the epipolar line, so a looser ratio test suffices and
 * repeated texture elsewhere in the photo no longer hides a match.
 * Invariant: every match lies within the band, is the best candidate of both its features, and no feature occurs twice.
 */
import { type RayPairs, essentialOf, sampsonError } from './essential.ts';
import { descriptorSize } from './features.ts';
import { type Lens, raysOfPixels } from './lens.ts';
import { maxAngle, unitProduct } from './matches.ts';

export interface GuidedMatching {
  /** [n, 128] each. */
  descriptorsA: Uint8Array;
  descriptorsB: Uint8Array;
  /** [n, 4] each: x, y (px), scale, angle. */
  keypointsA: Float32Array;
  keypointsB: Float32Array;
  lensA: Lens;
  lensB: Lens;
  /** X_b = R X_a + t, row-major. */
  rotation: ArrayLike<number>;
  translation: ArrayLike<number>;
  /** Largest Sampson error, px. */
  bandPx: number;
}

const maxRatio = 0.9;

const angle = (product: number): number => Math.acos(Math.min(1, product / unitProduct));

function dot(a: Uint8Array, i: number, b: Uint8Array, j: number): number {
  let sum = 0;
  const p = i * descriptorSize;
  const q = j * descriptorSize;
  for (let k = 0; k < descriptorSize; k++) sum += a[p + k] * b[q + k];
  return sum;
}

/** All candidates of one direction in one pass over the pairs in the band. */
interface Best {
  index: Int32Array;
  product: Float64Array;
  second: Float64Array;
}

const bestOf = (n: number): Best => ({
  index: new Int32Array(n).fill(-1),
  product: new Float64Array(n),
  second: new Float64Array(n),
});

function offer(best: Best, i: number, j: number, product: number): void {
  if (product > best.product[i]) {
    best.second[i] = best.product[i];
    best.product[i] = product;
    best.index[i] = j;
  } else if (product > best.second[i]) best.second[i] = product;
}

/** Is the best candidate near enough, and clearly better than the second within the band? */
const isDistinct = ({ product, second }: Best, i: number): boolean =>
  angle(product[i]) <= maxAngle && angle(product[i]) < maxRatio * angle(second[i]);

/**
 * Matches of a pair with a known pose: [m, 2], index in a and index in b, ordered by the first. Empty where the pose or a lens is not
 * finite. Costs one pass over all pairs of features for the band and descriptor products only within it.
 */
export function guidedMatches(args: GuidedMatching): Uint32Array {
  const { descriptorsA, descriptorsB, keypointsA, keypointsB, lensA, lensB, bandPx } = args;
  const n = Math.min(keypointsA.length / 4, descriptorsA.length / descriptorSize) | 0;
  const m = Math.min(keypointsB.length / 4, descriptorsB.length / descriptorSize) | 0;
  const e = new Float64Array(9);
  essentialOf({ rotation: Float64Array.from(args.rotation), translation: Float64Array.from(args.translation) }, e);
  if (!e.every(Number.isFinite) || !e.some((value) => value !== 0)) return new Uint32Array(0);
  const raysB = raysOfPixels(lensB, keypointsB, m, 4);
  const raysA = raysOfPixels(lensA, keypointsA, n, 4);
  const one: RayPairs = { count: 1, a: new Float64Array(2), b: new Float64Array(2), focalA: lensA.f, focalB: lensB.f };
  const [forward, backward] = [bestOf(n), bestOf(m)];
  for (let i = 0; i < n; i++) {
    one.a[0] = raysA[2 * i];
    one.a[1] = raysA[2 * i + 1];
    for (let j = 0; j < m; j++) {
      one.b[0] = raysB[2 * j];
      one.b[1] = raysB[2 * j + 1];
      if (!(sampsonError(one, e, 0, 0) <= bandPx * bandPx)) continue;
      const product = dot(descriptorsA, i, descriptorsB, j);
      offer(forward, i, j, product);
      offer(backward, j, i, product);
    }
  }
  const found: number[] = [];
  for (let i = 0; i < n; i++) {
    const j = forward.index[i];
    if (j >= 0 && backward.index[j] === i && isDistinct(forward, i)) found.push(i, j);
  }
  return Uint32Array.from(found);
}
