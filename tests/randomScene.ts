/** Small seeded scenes in f64 with everything that is awkward in them, and the random numbers they are made of. */
import type { PinholeView } from '../src/core/scene/camera.ts';
import { shBasisCount } from '../src/core/scene/splats.ts';

/** Uniform numbers in [0, 1) from a seed (mulberry32). */
export function randomNumbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Length `n`, uniform in [low, high). */
export function uniform(random: () => number, n: number, low: number, high: number): Float64Array {
  return Float64Array.from({ length: n }, () => low + (high - low) * random());
}

export interface F64Splats {
  count: number;
  shDegree: number;
  antialiased: boolean;
  means: Float64Array;
  logScales: Float64Array;
  quats: Float64Array;
  opacityLogits: Float64Array;
  sh: Float64Array;
}

/** A 24 x 20 px view, turned and moved, with its axis off centre. */
export const smallView: PinholeView = {
  widthPx: 24,
  heightPx: 20,
  fx: 21,
  fy: 19.5,
  cx: 12.4,
  cy: 9.3,
  pose: { q: [0.8, -0.36, 0.48, 0.0], t: [0.3, -0.2, 0.5] },
};

/**
 * `count` splats around what smallView sees: thin and thick, beside the image, two behind the camera, opacities from faint to solid,
 * colours on both sides of the clamp at 0.
 */
export function randomSplats(seed: number, count: number, shDegree: number, antialiased = false): F64Splats {
  const random = randomNumbers(seed);
  const means = new Float64Array(3 * count);
  for (let i = 0; i < count; i++) {
    const z = i < 2 ? -1 : 1.2 + 2.8 * random();
    const c = [z * 0.9 * (2 * random() - 1) - 0.3, z * 0.7 * (2 * random() - 1) + 0.2, z - 0.5];
    means.set(turnBack(c), 3 * i);
  }
  const opacityLogits = uniform(random, count, -3, 3);
  opacityLogits.fill(9, 2, 5);
  return {
    count,
    shDegree,
    antialiased,
    means,
    logScales: uniform(random, 3 * count, Math.log(0.03), Math.log(0.5)),
    quats: uniform(random, 4 * count, -1, 1),
    opacityLogits,
    sh: uniform(random, 3 * count * shBasisCount(shDegree), -1, 1),
  };
}

/** R^T c for smallView's rotation R, by Rodrigues' formula with the conjugate quaternion. */
function turnBack(c: number[]): number[] {
  const [w, x, y, z] = smallView.pose.q;
  const cross = (a: number[], b: number[]): number[] => [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
  const axis = [-x, -y, -z];
  const once = cross(axis, c);
  const twice = cross(axis, once);
  return c.map((value, k) => value + 2 * w * once[k] + 2 * twice[k]);
}
