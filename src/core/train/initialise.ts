/**
 * Initial splats: the sparse points when there are any, otherwise a seeded random start inside the cameras' frustums.
 * Invariant: at most maxSplats; every value finite; the same seed gives the same splats.
 */
import { neighbourDistance } from '../math/neighbours.ts';
import { createRandom, permutation } from '../math/random.ts';
import { cameraCentre, rotationRows } from '../raster/stepConstants.ts';
import type { Reconstruction, SparsePoints } from '../scene/reconstruction.ts';
import { type Splats, emptySplats, shBasisCount } from '../scene/splats.ts';
import type { SceneFrame } from './sceneFrame.ts';

const sh0 = 0.28209479177387814;

/** Points used when the reconstruction has none. */
const randomStart = 10000;

/** Random points inside random frustums, from 0.3 to 2.5 times the distance to the focus. Grey. */
function randomPoints({ cameras, views }: Reconstruction, frame: SceneFrame, count: number, seed: number): SparsePoints {
  const random = createRandom(seed ^ 0x51ed270b);
  const byId = new Map(cameras.map((camera) => [camera.id, camera]));
  const xyz = new Float64Array(3 * count);
  for (let i = 0; i < count; i++) {
    const view = views[Math.floor(random() * views.length)];
    const camera = byId.get(view.cameraId)!;
    const centre = cameraCentre(view);
    const distance = Math.hypot(...frame.focus.map((f, k) => f - centre[k])) || frame.extent;
    const z = distance * (0.3 + 2.2 * random());
    const c = [((random() * camera.widthPx - camera.cx) / camera.fx) * z, ((random() * camera.heightPx - camera.cy) / camera.fy) * z, z];
    const r = rotationRows(view.pose.q);
    for (let k = 0; k < 3; k++) xyz[3 * i + k] = centre[k] + r[k] * c[0] + r[3 + k] * c[1] + r[6 + k] * c[2];
  }
  return { count, xyz, rgb: new Uint8Array(3 * count).fill(128), error: new Float32Array(count), trackLength: new Uint32Array(count) };
}

/** Which points become splats: all, or when there are too many a random subset. */
function choose(points: SparsePoints, max: number, seed: number): Uint32Array {
  return permutation(points.count, createRandom(seed)).subarray(0, max).slice().sort();
}

/** opacity: initial opacity of every splat, 0..1. */
export function initialSplats(
  reconstruction: Reconstruction,
  frame: SceneFrame,
  maxSplats: number,
  shDegree: number,
  seed: number,
  opacity: number,
): Splats {
  const points =
    reconstruction.points.count > 0 ? reconstruction.points : randomPoints(reconstruction, frame, Math.min(randomStart, maxSplats), seed);
  const chosen = choose(points, maxSplats, seed);
  const count = chosen.length;
  const basis = shBasisCount(shDegree);
  const splats = emptySplats(count, shDegree);
  splats.opacityLogits.fill(Math.log(opacity / (1 - opacity)));
  chosen.forEach((p, i) => {
    for (let k = 0; k < 3; k++) {
      splats.means[3 * i + k] = points.xyz[3 * p + k];
      splats.sh[3 * basis * i + k] = (points.rgb[3 * p + k] / 255 - 0.5) / sh0;
    }
    splats.quats[4 * i] = 1;
  });
  const distances = neighbourDistance(splats.means);
  const median = Float32Array.from(distances).sort()[count >> 1] || 0.01 * frame.extent;
  // A lone stray point would otherwise start as a splat that covers the whole scene.
  distances.forEach((d, i) => splats.logScales.fill(Math.log(Math.min(Math.max(d, 1e-3 * median), 10 * median)), 3 * i, 3 * i + 3));
  return splats;
}
