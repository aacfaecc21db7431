/**
 * Cameras and points so far, in the form that is drawn: 32-bit, at most so many points, in memory that can be handed over.
 * Invariant: the same snapshot gives the same sketch; of too many points every k-th is kept, so that the shape stays.
 */
import type { Camera, View } from '../../src/core/scene/camera.ts';
import type { SolveSnapshot } from '../../src/core/sfm/contract.ts';
import type { SolveSketch } from '../protocol.ts';

const mostPoints = 20_000;

function placed(views: View[], cameras: Camera[]): Pick<SolveSketch, 'names' | 'poses' | 'reach'> {
  const byId = new Map(cameras.map((camera) => [camera.id, camera]));
  const poses = new Float32Array(7 * views.length);
  const reach = new Float32Array(2 * views.length);
  for (const [i, { pose, cameraId }] of views.entries()) {
    poses.set([...pose.q, ...pose.t], 7 * i);
    const camera = byId.get(cameraId);
    if (camera) reach.set([camera.widthPx / 2 / camera.fx, camera.heightPx / 2 / camera.fy], 2 * i);
  }
  return { names: views.map(({ photoName }) => photoName), poses, reach };
}

/** The sketch of a snapshot, with copies of what it shows. */
export function sketchOf({ reconstruction, photos, up }: SolveSnapshot, most = mostPoints): SolveSketch {
  const { points, views, cameras } = reconstruction;
  const stride = Math.max(1, Math.ceil(points.count / most));
  const count = Math.ceil(points.count / stride);
  const xyz = new Float32Array(3 * count);
  const rgb = new Uint8Array(3 * count);
  for (let i = 0; i < count; i++)
    for (let c = 0; c < 3; c++) {
      xyz[3 * i + c] = points.xyz[3 * i * stride + c];
      rgb[3 * i + c] = points.rgb[3 * i * stride + c];
    }
  return { xyz, rgb, points: points.count, ...placed(views, cameras), photos, up };
}
