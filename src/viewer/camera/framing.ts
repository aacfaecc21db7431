/**
 * The opening camera: a box seen as a whole from the default direction.
 * The radius is the smallest from which the upright cylinder around the box fits into the picture, with a margin, so the box also fits
 * while the camera circles it. Scenes that were captured from inside (a room, a street) are seen from outside, like all others: their
 * author sets camera-orbit.
 * Invariant: the state is finite and valid for every box, the empty one too.
 */
import type { Box } from '../../core/view/splatRenderer.ts';
import type { CameraState } from './cameraState.ts';
import { defaultFov, defaultPhi, defaultTheta } from './limits.ts';

/** Part of the picture, to each side of the middle, that the box may fill. */
const fill = 0.95;

/**
 * Smallest distance from which a cylinder about the vertical axis fits a picture of slopes tx, ty. Points of its rims are, in camera axes,
 * x = rho sin a, y = +-h sin(phi) - rho cos(phi) cos a, towards the camera z = +-h cos(phi) + rho sin(phi) cos a; each must have
 * |x| <= tx (r - z) and |y| <= ty (r - z). Over all a the first is a sinusoid, the second extreme at cos a = +-1.
 */
function fittingRadius(rho: number, h: number, phi: number, tx: number, ty: number): number {
  const [s, c] = [Math.sin(phi), Math.cos(phi)];
  let radius = h * Math.abs(c) + rho * Math.hypot(s, 1 / tx);
  for (const side of [-1, 1]) {
    for (const rim of [-1, 1]) {
      radius = Math.max(radius, side * h * c + rim * rho * s + Math.abs(side * h * s - rim * rho * c) / ty);
    }
  }
  return radius;
}

/** Frames a world box. `aspect` is width over height; `fov` belongs to the shorter side. A box without size or not finite: radius 1. */
export function frameBox(box: Box, fov: number = defaultFov, aspect: number = 1): CameraState {
  const half = box.high.map((high, k) => (high - box.low[k]) / 2);
  const middle = box.low.map((low, k) => low + half[k]) as [number, number, number];
  const pose = { theta: defaultTheta, phi: defaultPhi, fov };
  if (![...half, ...middle].every(Number.isFinite) || half.some((x) => x < 0)) return { target: [0, 0, 0], radius: 1, ...pose };
  const slope = Math.tan(fov / 2) * fill;
  const wide = aspect > 0 && Number.isFinite(aspect) ? aspect : 1;
  const radius = fittingRadius(Math.hypot(half[0], half[2]), half[1], defaultPhi, slope * Math.max(1, wide), slope * Math.max(1, 1 / wide));
  return { target: middle, radius: radius > 0 ? radius : 1, ...pose };
}
