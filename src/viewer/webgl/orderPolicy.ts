/**
 * When the live order is stale. Moving a camera without turning it adds the same number to every depth, so the order depends on the
 * viewing direction alone; moving matters only because splats behind the camera are left out.
 * Invariant: what an order leaves out lies behind the camera for as long as the order is in use.
 */
import type { ViewPlane } from '../../core/view/depthOrder.ts';

/** What an order was made, or asked, for. */
export interface OrderedFor {
  axis: readonly [number, number, number];
  offset: number;
  /** How far behind the camera the order reaches. */
  margin: number;
  /** Counts changes of the splats. */
  edition: number;
}

/** A quarter of a degree. */
const turnedCos = Math.cos((0.25 / 180) * Math.PI);
/** Share of the middle depth that an order reaches behind the camera. */
const marginShare = 0.05;
/** Moved forward by this many margins, an order carries too many splats that are behind. */
const forwardMargins = 8;

/** True when a camera plane with this axis and offset needs an order of its own. */
export function isStale(before: OrderedFor | null, axis: readonly [number, number, number], offset: number, edition: number): boolean {
  if (!before || before.edition !== edition) return true;
  const cos = axis[0] * before.axis[0] + axis[1] * before.axis[1] + axis[2] * before.axis[2];
  const back = offset - before.offset;
  return cos < turnedCos || back > before.margin || back < -forwardMargins * before.margin;
}

/** What to ask the sorter for. `medianDepth` is that of the last order, 0 when there is none. */
export function planeFor(axis: readonly [number, number, number], offset: number, medianDepth: number): ViewPlane & { margin: number } {
  const margin = marginShare * Math.max(medianDepth, 0);
  return { axis, offset, margin, nearest: -margin };
}
