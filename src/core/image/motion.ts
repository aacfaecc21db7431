/**
 * Motion: how far the picture has moved between two frames of a video, by block matching on small images, coarse to fine.
 * Invariant: equal frames have motion 0; a frame in which nothing is found again counts as moved by the whole search range.
 */
import { medianOf } from '../math/medianOf.ts';
import type { GreyImage } from '../sfm/grey.ts';
import { thumbnailOf } from './thumbnail.ts';

/** Widths of the two levels. */
const coarsePx = 80;
const finePx = 160;
/** Blocks at the fine level; half of that at the coarse one. */
const blockPx = 16;
/** Search at the coarse level: a fifth of the width in all. */
const coarseReach = 8;
/** Blocks that vary less (standard deviation, 0..1) tell nothing. */
const plain = 0.015;
/** A match whose mean squared difference is more than this share of the block's variance is none. */
const worstMatch = 0.7;
/** Motion of a frame that has nothing in common with the other, in widths. */
const reachOfWidth = coarseReach / coarsePx;

export interface MotionFrame {
  coarse: GreyImage;
  fine: GreyImage;
}

export function motionFrame(image: GreyImage): MotionFrame {
  const fine = thumbnailOf(image, finePx);
  return { fine, coarse: thumbnailOf(fine, coarsePx) };
}

/**
 * Mean squared difference of a block of `a` at (x, y) and of `b` at (x + dx, y + dy); Infinity when it leaves the image or is found to be
 * above `most`.
 */
function difference(a: GreyImage, b: GreyImage, size: number, x: number, y: number, dx: number, dy: number, most = Infinity): number {
  const [u, v] = [x + dx, y + dy];
  if (u < 0 || v < 0 || u + size > b.widthPx || v + size > b.heightPx) return Infinity;
  const enough = most * size * size;
  let sum = 0;
  for (let row = 0; row < size; row++) {
    if (sum > enough) return Infinity;
    const atA = (y + row) * a.widthPx + x;
    const atB = (v + row) * b.widthPx + u;
    for (let column = 0; column < size; column++) {
      const d = a.values[atA + column] - b.values[atB + column];
      sum += d * d;
    }
  }
  return sum / (size * size);
}

function variance(image: GreyImage, size: number, x: number, y: number): number {
  let [sum, squares] = [0, 0];
  for (let row = 0; row < size; row++)
    for (let column = 0; column < size; column++) {
      const value = image.values[(y + row) * image.widthPx + x + column];
      sum += value;
      squares += value * value;
    }
  const n = size * size;
  return Math.max(0, squares / n - (sum / n) ** 2);
}

interface Match {
  dx: number;
  dy: number;
  cost: number;
}

/** Best whole-pixel displacement within `reach` of (dx, dy); of equal ones the nearest to it. */
function search(a: GreyImage, b: GreyImage, size: number, x: number, y: number, dx: number, dy: number, reach: number): Match {
  const best: Match = { dx, dy, cost: difference(a, b, size, x, y, dx, dy) };
  if (best.cost < 1e-6) return best;
  for (let v = dy - reach; v <= dy + reach; v++)
    for (let u = dx - reach; u <= dx + reach; u++) {
      const cost = difference(a, b, size, x, y, u, v, best.cost);
      if (cost >= best.cost) continue;
      best.dx = u;
      best.dy = v;
      best.cost = cost;
    }
  return best;
}

/** Where a parabola through three equally spaced costs has its least, -0.5..0.5. */
function vertex(before: number, at: number, after: number): number {
  const bend = before - 2 * at + after;
  return Number.isFinite(bend) && bend > 0 ? Math.min(0.5, Math.max(-0.5, (before - after) / (2 * bend))) : 0;
}

/** Displacement of one block in fine pixels; null when it tells nothing. */
function blockMotion(a: MotionFrame, b: MotionFrame, x: number, y: number): number | null {
  const spread = variance(a.fine, blockPx, x, y);
  if (spread < plain * plain) return null;
  const coarse = search(a.coarse, b.coarse, blockPx / 2, x >> 1, y >> 1, 0, 0, coarseReach);
  const { dx, dy, cost } = search(a.fine, b.fine, blockPx, x, y, 2 * coarse.dx, 2 * coarse.dy, 2);
  if (!(cost < worstMatch * spread)) return reachOfWidth * finePx;
  const at = (u: number, v: number): number => difference(a.fine, b.fine, blockPx, x, y, dx + u, dy + v);
  return Math.hypot(dx + vertex(at(-1, 0), cost, at(1, 0)), dy + vertex(at(0, -1), cost, at(0, 1)));
}

/** Median displacement of the blocks that tell something, in widths of the image; 0 when none does. */
export function motionBetween(a: MotionFrame, b: MotionFrame): number {
  const lengths: number[] = [];
  for (let y = 0; y + blockPx <= a.fine.heightPx; y += blockPx)
    for (let x = 0; x + blockPx <= a.fine.widthPx; x += blockPx) {
      const length = blockMotion(a, b, x, y);
      if (length !== null) lengths.push(length);
    }
  return lengths.length > 0 ? medianOf(lengths) / a.fine.widthPx : 0;
}

/** Less than this is not told from the noise of compression; it adds up until it is more. In widths. */
const stillness = 0.004;

export interface MotionMeter {
  /** How far the picture has moved since the first frame along its path, in widths of the image. */
  add(image: GreyImage): number;
}

/** Measures the path of a video, frame by frame. Keeps one frame. */
export function createMotionMeter(): MotionMeter {
  let reference: MotionFrame | null = null;
  let path = 0;
  return {
    add(image) {
      const frame = motionFrame(image);
      const motion = reference ? motionBetween(reference, frame) : 0;
      if (reference && motion < stillness) return path;
      path += motion;
      reference = frame;
      return path;
    },
  };
}
