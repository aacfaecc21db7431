/** Pairs of made-up photos with known motion, for the tests of two-view geometry. */
import { createRandom } from '../../../src/core/math/random.ts';
import { matrixOfQuaternion, rotateVector, unitQuaternion } from '../../../src/core/math/rotation.ts';
import { type Lens, projectToPixel } from '../../../src/core/sfm/lens.ts';
import type { VerifyPair } from '../../../src/core/sfm/pairGeometry.ts';

export type Motion = 'general' | 'forward' | 'planar' | 'rotation';

export interface PairOptions {
  n: number;
  motion?: Motion;
  outliers?: number;
  noisePx?: number;
  focal?: number;
  baseline?: number;
}

export interface MadePair {
  pair: VerifyPair;
  /** X_b = R X_a + t, |t| = 1. */
  rotation: number[];
  translation: number[];
  isInlier: boolean[];
}

const [widthPx, heightPx] = [1200, 900];

export const lensOfFocal = (f: number): Lens => ({ widthPx, heightPx, f, aspect: 1, cx: 600, cy: 450, k1: 0, k2: 0 });

export function makePair(seed: number, options: PairOptions): MadePair {
  const { n, motion = 'general', outliers = 0, noisePx = 0, focal = 1000, baseline = 1.2 } = options;
  const random = createRandom(seed);
  const normal = (): number => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const lens = lensOfFocal(focal);
  const turn = 100 / focal;
  const rotation = matrixOfQuaternion(unitQuaternion([1, turn * normal(), turn * normal(), turn * normal()])!);
  const direction = motion === 'forward' ? [0, 0, -1] : [normal(), normal(), 0.5 * normal()];
  const translation = direction.map((value) => value / Math.hypot(...direction));
  const moved = motion === 'rotation' ? 0 : baseline;
  const slope = [0.3 * normal(), 0.3 * normal()];
  const [a, b] = [new Float32Array(2 * n), new Float32Array(2 * n)];
  const isInlier: boolean[] = [];
  const q = [0, 0];
  while (isInlier.length < n) {
    const p = [random() * widthPx, random() * heightPx];
    const [x, y] = [(p[0] - lens.cx) / focal, (p[1] - lens.cy) / focal];
    const z = motion === 'planar' ? 5 / (1 + slope[0] * x + slope[1] * y) : 3 + 5 * random();
    const [X, Y, Z] = rotateVector(rotation, [x * z, y * z, z]).map((value, c) => value + moved * translation[c]);
    if (Z < 0.3) continue;
    projectToPixel(lens, X, Y, Z, q);
    if (q[0] < 0 || q[0] > widthPx || q[1] < 0 || q[1] > heightPx) continue;
    const i = isInlier.length;
    const isOutlier = i < outliers * n;
    if (isOutlier) [q[0], q[1]] = [random() * widthPx, random() * heightPx];
    for (let c = 0; c < 2; c++) {
      a[2 * i + c] = p[c] + noisePx * normal();
      b[2 * i + c] = q[c] + noisePx * normal();
    }
    isInlier.push(!isOutlier);
  }
  return { pair: { lensA: lens, lensB: lens, a, b, seed }, rotation, translation, isInlier };
}

/** Angle of P^T Q, degrees; exact for small angles. */
export const rotationErrorDeg = (p: ArrayLike<number>, q: ArrayLike<number>): number => {
  const squares = Array.from({ length: 9 }, (_, k) => (p[k] - q[k]) ** 2);
  return (2 * Math.asin(Math.min(1, Math.sqrt(squares.reduce((sum, value) => sum + value, 0) / 8))) * 180) / Math.PI;
};

export const directionErrorDeg = (p: ArrayLike<number>, q: ArrayLike<number>): number =>
  (2 * Math.asin(Math.min(1, Math.hypot(p[0] - q[0], p[1] - q[1], p[2] - q[2]) / 2)) * 180) / Math.PI;

/** [t]x R by its definition. */
export function essentialByDefinition(rotation: ArrayLike<number>, t: ArrayLike<number>): number[] {
  const cross = [0, -t[2], t[1], t[2], 0, -t[0], -t[1], t[0], 0];
  return Array.from({ length: 9 }, (_, k) => {
    const [r, c] = [Math.floor(k / 3), k % 3];
    return cross[3 * r] * rotation[c] + cross[3 * r + 1] * rotation[3 + c] + cross[3 * r + 2] * rotation[6 + c];
  });
}

export const quantile = (values: number[], share: number): number =>
  [...values].sort((x, y) => x - y)[Math.min(values.length - 1, Math.floor(share * values.length))];
