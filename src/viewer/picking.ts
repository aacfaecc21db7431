/**
 * Picking: the point of the scene under a point of the page, at the depth where half of the light is stopped.
 * Invariant: everything belongs to the one camera state that was shown when the question was asked.
 */
import type { Vector3 } from '../core/math/rotation.ts';
import type { ProbeAnswer, ProbePoint } from '../core/view/splatRenderer.ts';
import { positionOf } from './camera/axes.ts';
import type { CameraState } from './camera/cameraState.ts';
import { unproject } from './camera/toView.ts';
import type { Pick } from './viewerEvents.ts';

export interface PickView {
  state: CameraState;
  widthPx: number;
  heightPx: number;
  probe(points: ProbePoint[]): Promise<ProbeAnswer[]>;
}

/** Neighbours the normal is taken from, in device pixels. */
const spread = 3;
/** Neighbours whose depth differs by more than this share belong to another surface. */
const largestStep = 0.1;
const around = [
  [0, 0],
  [spread, 0],
  [0, spread],
  [-spread, 0],
  [0, -spread],
];

const minus = (a: Vector3, b: Vector3): Vector3 => [a[0] - b[0], a[1] - b[1], a[2] - b[2]];
const cross = (a: Vector3, b: Vector3): Vector3 => [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];

/**
 * Normal of the surface through a point and its neighbours right, below, left and above: cross product of the two differences, turned
 * to the camera; null where the surface ends or steps on either axis.
 */
export function normalOf(at: Vector3, neighbours: (Vector3 | null)[], camera: Vector3): Vector3 | null {
  const [right, below, left, above] = neighbours;
  const across = right && left ? minus(right, left) : right ? minus(right, at) : left ? minus(at, left) : null;
  const down = below && above ? minus(below, above) : below ? minus(below, at) : above ? minus(at, above) : null;
  if (!across || !down) return null;
  const n = cross(across, down);
  const toCamera = minus(camera, at);
  const length = Math.hypot(...n);
  if (!(length > 0)) return null;
  const sign = n[0] * toCamera[0] + n[1] * toCamera[1] + n[2] * toCamera[2] < 0 ? -1 / length : 1 / length;
  return [n[0] * sign, n[1] * sign, n[2] * sign];
}

/** `xPx`, `yPx`: device pixels of the canvas. Null where the splats stop less than half of the light. */
export async function pickAt(view: PickView, xPx: number, yPx: number): Promise<Pick | null> {
  const { state, widthPx, heightPx } = view;
  if (!(xPx >= 0 && yPx >= 0 && xPx < widthPx && yPx < heightPx)) return null;
  const points = around.map(([dx, dy]) => ({ xPx: xPx + dx, yPx: yPx + dy, depth: Infinity }));
  const depths = (await view.probe(points)).map(({ surfaceDepth }) => surfaceDepth);
  const depth = depths[0];
  if (depth === null || depth === undefined) return null;
  const worldAt = (i: number) => unproject(points[i].xPx, points[i].yPx, depths[i] ?? depth, state, widthPx, heightPx);
  const position = worldAt(0);
  const neighbours = [1, 2, 3, 4].map((i) => {
    const other = depths[i];
    return other !== null && Math.abs(other - depth) < largestStep * depth ? worldAt(i) : null;
  });
  return { position, normal: normalOf(position, neighbours, positionOf(state)), depth };
}
