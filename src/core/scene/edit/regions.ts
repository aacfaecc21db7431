/**
 * Regions of space: which means lie in a turned box or a sphere.
 * Invariant: the border belongs to the region; a mean that is not a number lies outside.
 */
import { matrixOfQuaternion } from '../../math/rotation.ts';
import { bitsOf } from './bits.ts';
import type { OrientedBox, Sphere, SplatBits } from './operations.ts';

type Inside = (x: number, y: number, z: number) => boolean;

function boxTest({ centre, half, axes }: OrientedBox): Inside {
  const [a, b, c, d, e, f, g, h, k] = matrixOfQuaternion(axes);
  const [cx, cy, cz] = centre;
  const [hx, hy, hz] = half;
  return (px, py, pz) => {
    const [x, y, z] = [px - cx, py - cy, pz - cz];
    return Math.abs(a * x + b * y + c * z) <= hx && Math.abs(d * x + e * y + f * z) <= hy && Math.abs(g * x + h * y + k * z) <= hz;
  };
}

function sphereTest({ centre: [cx, cy, cz], radius }: Sphere): Inside {
  const square = radius * radius;
  return (x, y, z) => (x - cx) ** 2 + (y - cy) ** 2 + (z - cz) ** 2 <= square;
}

function select(means: Float32Array, isInside: Inside): SplatBits {
  const count = means.length / 3;
  const bits = bitsOf(count);
  for (let i = 0; i < count; i++) if (isInside(means[3 * i], means[3 * i + 1], means[3 * i + 2])) bits[i >> 3] |= 1 << (i & 7);
  return bits;
}

function markOutside(means: Float32Array, isInside: Inside, mask: Uint8Array): void {
  for (let i = 0; i < mask.length; i++) if (!isInside(means[3 * i], means[3 * i + 1], means[3 * i + 2])) mask[i] = 1;
}

/** Splats with their mean in the box. means: [n, 3], file space. */
export const inBox = (means: Float32Array, box: OrientedBox): SplatBits => select(means, boxTest(box));
/** Splats with their mean in the sphere. */
export const inSphere = (means: Float32Array, sphere: Sphere): SplatBits => select(means, sphereTest(sphere));

/** Sets the byte of every splat outside the box to 1. */
export const outsideBox = (means: Float32Array, box: OrientedBox, mask: Uint8Array): void => markOutside(means, boxTest(box), mask);
export const outsideSphere = (means: Float32Array, sphere: Sphere, mask: Uint8Array): void => markOutside(means, sphereTest(sphere), mask);
