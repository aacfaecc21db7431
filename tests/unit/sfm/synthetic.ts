/** Made-up cameras and points with known truth, for the tests of poses and points. */
import { createRandom } from '../../../src/core/math/random.ts';
import { cameraCentre } from '../../../src/core/math/pose.ts';
import { type Vector3, matrixOfQuaternion, rotateBack, unitQuaternion } from '../../../src/core/math/rotation.ts';
import type { Pose } from '../../../src/core/scene/camera.ts';
import { type Lens, projectToPixel } from '../../../src/core/sfm/lens.ts';

export interface Draw {
  uniform(from: number, to: number): number;
  /** Standard normal (Box and Muller). */
  normal(): number;
  pose(): Pose;
}

export function createDraw(seed: number): Draw {
  const random = createRandom(seed);
  const normal = (): number => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  return {
    uniform: (from, to) => from + (to - from) * random(),
    normal,
    pose: () => ({ q: unitQuaternion([normal(), normal(), normal(), normal()])!, t: [normal(), normal(), normal()] }),
  };
}

export const lensOf = (changes: Partial<Lens> = {}): Lens => ({
  widthPx: 1600,
  heightPx: 1200,
  f: 1200,
  aspect: 1,
  cx: 800,
  cy: 600,
  k1: 0,
  k2: 0,
  ...changes,
});

/** The world point at a position in camera space. */
export function worldOf({ q, t }: Pose, [x, y, z]: ArrayLike<number> & Iterable<number>): Vector3 {
  return rotateBack(matrixOfQuaternion(q), [x - t[0], y - t[1], z - t[2]]);
}

export function angleBetweenDeg(a: Pose, b: Pose): number {
  const [p, q] = [matrixOfQuaternion(a.q), matrixOfQuaternion(b.q)];
  // |P - Q| = 2 sqrt(2) sin(angle / 2), exact for small angles.
  const distance = Math.hypot(...p.map((value, k) => value - q[k]));
  return (2 * Math.asin(Math.min(1, distance / Math.sqrt(8))) * 180) / Math.PI;
}

export function centreDistance(a: Pose, b: Pose): number {
  const [p, q] = [cameraCentre(a), cameraCentre(b)];
  return Math.hypot(p[0] - q[0], p[1] - q[1], p[2] - q[2]);
}

export interface SceneOptions {
  n: number;
  outliers: number;
  noisePx: number;
  lens?: Lens;
  nearest?: number;
  furthest?: number;
  /** All points in one slanted plane. */
  planar?: boolean;
}

export interface SyntheticScene {
  lens: Lens;
  pose: Pose;
  pixels: Float64Array;
  points: Float64Array;
  isInlier: boolean[];
}

/** Points all over the image; outliers have pixels that have nothing to do with their point. */
export function createScene(seed: number, options: SceneOptions): SyntheticScene {
  const { n, outliers, noisePx, lens = lensOf(), nearest = 2, furthest = 8, planar = false } = options;
  const draw = createDraw(seed);
  const pose = draw.pose();
  const [slopeX, slopeY] = [0.4 * draw.normal(), 0.4 * draw.normal()];
  const scene: SyntheticScene = { lens, pose, pixels: new Float64Array(2 * n), points: new Float64Array(3 * n), isInlier: [] };
  while (scene.isInlier.length < n) {
    const i = scene.isInlier.length;
    const [a, b] = [draw.uniform(-1, 1), draw.uniform(-1, 1)];
    const depth = planar ? nearest / (1 + slopeX * a + slopeY * b) : draw.uniform(nearest, furthest);
    const pixel = [0, 0];
    projectToPixel(lens, a * depth, b * depth, depth, pixel);
    if (!(depth > 0.1) || pixel[0] < 0 || pixel[1] < 0 || pixel[0] > lens.widthPx || pixel[1] > lens.heightPx) continue;
    const isInlier = draw.uniform(0, 1) >= outliers;
    scene.isInlier.push(isInlier);
    scene.pixels[2 * i] = isInlier ? pixel[0] + noisePx * draw.normal() : draw.uniform(0, lens.widthPx);
    scene.pixels[2 * i + 1] = isInlier ? pixel[1] + noisePx * draw.normal() : draw.uniform(0, lens.heightPx);
    scene.points.set(worldOf(pose, [a * depth, b * depth, depth]), 3 * i);
  }
  return scene;
}
