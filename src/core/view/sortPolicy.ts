/**
 * When the order of the splats is stale: after the camera turned or moved by enough to change which splat is in front, or when the picture
 * or the splats changed.
 * Invariant: a camera that rests needs one sort and no more.
 */
import { cameraCentre, rotationRows } from '../raster/stepConstants.ts';
import type { PinholeView } from '../scene/camera.ts';
import type { Box, ViewFrame } from './splatRenderer.ts';

/** What an order was made for. */
export interface SortedFor {
  forward: number[];
  centre: number[];
  fx: number;
  widthPx: number;
  heightPx: number;
  near: number;
  splats: number;
  crop: string;
}

/** Half a degree turned, or a two-hundredth of the distance to the nearest part of the scene moved. */
const turnedCos = Math.cos((0.5 / 180) * Math.PI);
const movedShare = 1 / 200;

/** Pixels beyond the edges that an order covers: what half a degree can bring into view. */
export const guardPx = (view: PinholeView): number => Math.ceil(8 + 0.012 * Math.max(view.fx, view.fy));

export function sortedFor({ view, near, crop }: ViewFrame, splats: number): SortedFor {
  const { fx, widthPx, heightPx } = view;
  const forward = rotationRows(view.pose.q).slice(6);
  return { forward, centre: cameraCentre(view), fx, widthPx, heightPx, near, splats, crop: JSON.stringify(crop) };
}

/** Distance from a point to the nearest point of a box; 0 inside. */
function distanceTo(box: Box, p: number[]): number {
  return Math.hypot(...[0, 1, 2].map((k) => Math.max(box.low[k] - p[k], 0, p[k] - box.high[k])));
}

/** True when `now` needs an order of its own. `size` is the diagonal of the scene. */
export function needsSort(before: SortedFor | null, now: SortedFor, box: Box): boolean {
  if (!before) return true;
  const same = (['fx', 'widthPx', 'heightPx', 'near', 'splats', 'crop'] as const).every((key) => before[key] === now[key]);
  if (!same) return true;
  const cos = now.forward.reduce((sum, x, k) => sum + x * before.forward[k], 0);
  const moved = Math.hypot(...now.centre.map((x, k) => x - before.centre[k]));
  const size = Math.hypot(...box.high.map((x, k) => x - box.low[k]));
  const reach = Math.max(distanceTo(box, now.centre), 0.02 * size);
  return cos < turnedCos || moved > movedShare * reach;
}
