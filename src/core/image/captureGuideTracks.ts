/**
 * View tracks: how much of what the last shot shows has moved or gone, by following small blocks of it from frame to frame.
 * Invariant: a block is followed for as long as it is found again in every frame; standing still adds nothing.
 *
 * Blocks are compared without their mean, so that a camera that changes its exposure has not moved. Each is looked for where it was last,
 * in the frame of the last key; keys are renewed only after real movement, so that errors do not add up while nothing moves.
 */
import { medianOf } from '../math/medianOf.ts';
import type { GreyImage } from '../sfm/grey.ts';
import { thumbnailOf } from './thumbnail.ts';

/** Widths of the two levels the search runs on. */
const finePx = 160;
const coarsePx = 80;
const blockPx = 16;
/** Distance between blocks: eight across. */
const stridePx = 20;
/** Reach of the search at the coarse level, in its pixels: a tenth of the width per frame. */
const reach = 8;
/** Blocks that vary less than this standard deviation (0..1) show nothing. */
export const plainDeviation = 0.015;
/** A match that leaves more than this share of the block's variance is none. */
const worstMatch = 0.5;
/** A new key after this much movement, in fine pixels. */
const rekeyPx = 10;
/** This share is lost to edges and noise in any view; it does not count. */
const usualLoss = 0.1;
/** With more than this share of blocks missing they are looked for once more. */
const worthAnotherLook = 0.1;
/** Fewer blocks than this cannot tell. */
const fewestBlocks = 4;

interface Level {
  fine: GreyImage;
  coarse: GreyImage;
}

interface Track {
  /** Upper left corner in the shot, and in the key, in fine pixels. */
  startX: number;
  startY: number;
  keyX: number;
  keyY: number;
  /** Movement since the key, whole pixels. */
  dx: number;
  dy: number;
}

function levelOf(image: GreyImage): Level {
  const fine = thumbnailOf(image, finePx);
  return { fine, coarse: thumbnailOf(fine, coarsePx) };
}

/** Sum of squared differences of two blocks, each without its mean; Infinity outside the image or once above `most`. */
function difference(a: GreyImage, ax: number, ay: number, b: GreyImage, bx: number, by: number, size: number, most = Infinity): number {
  if (bx < 0 || by < 0 || bx + size > b.widthPx || by + size > b.heightPx) return Infinity;
  let [sum, squares] = [0, 0];
  for (let row = 0; row < size; row++) {
    const atA = (ay + row) * a.widthPx + ax;
    const atB = (by + row) * b.widthPx + bx;
    for (let column = 0; column < size; column++) {
      const d = a.values[atA + column] - b.values[atB + column];
      sum += d;
      squares += d * d;
    }
    // Deviations from the mean of a part are never more than those of the whole.
    if (squares - (sum * sum) / ((row + 1) * size) > most) return Infinity;
  }
  return squares - (sum * sum) / (size * size);
}

/** Standard deviation of a block of the fine level. */
function deviation(image: GreyImage, x: number, y: number): number {
  let [sum, squares] = [0, 0];
  for (let row = 0; row < blockPx; row++)
    for (let column = 0; column < blockPx; column++) {
      const value = image.values[(y + row) * image.widthPx + x + column];
      sum += value;
      squares += value * value;
    }
  const n = blockPx * blockPx;
  return Math.sqrt(Math.max(0, squares / n - (sum / n) ** 2));
}

function corners(image: GreyImage): { x: number; y: number }[] {
  const list: { x: number; y: number }[] = [];
  for (let y = 0; y + blockPx <= image.heightPx; y += stridePx)
    for (let x = 0; x + blockPx <= image.widthPx; x += stridePx) list.push({ x, y });
  return list;
}

/** Share of the view, 0..1, in which there is something to follow. */
export function detailShare(image: GreyImage): number {
  const fine = thumbnailOf(image, finePx);
  const all = corners(fine);
  return all.length > 0 ? all.filter(({ x, y }) => deviation(fine, x, y) >= plainDeviation).length / all.length : 0;
}

/** Moves (dx, dy) to the best place within `reachPx` of it and gives the cost there; among equals it stays where it is. */
function search(
  a: GreyImage,
  ax: number,
  ay: number,
  b: GreyImage,
  size: number,
  from: { dx: number; dy: number },
  reachPx: number,
): number {
  const { dx, dy } = from;
  let cost = difference(a, ax, ay, b, ax + dx, ay + dy, size);
  for (let v = dy - reachPx; v <= dy + reachPx; v++)
    for (let u = dx - reachPx; u <= dx + reachPx; u++) {
      const here = difference(a, ax, ay, b, ax + u, ay + v, size, cost);
      if (here >= cost) continue;
      cost = here;
      from.dx = u;
      from.dy = v;
    }
  return cost;
}

/** Finds the block again; false when it has left the view or changed its looks. */
function follow(track: Track, key: Level, now: Level): boolean {
  const half = { dx: Math.round(track.dx / 2), dy: Math.round(track.dy / 2) };
  const [halfX, halfY] = [track.keyX >> 1, track.keyY >> 1];
  search(key.coarse, halfX, halfY, now.coarse, blockPx / 2, half, reach);
  const at = { dx: 2 * half.dx, dy: 2 * half.dy };
  const cost = search(key.fine, track.keyX, track.keyY, now.fine, blockPx, at, 2);
  const own = deviation(key.fine, track.keyX, track.keyY) ** 2 * blockPx * blockPx;
  if (!(cost <= worstMatch * own)) return false;
  track.dx = at.dx;
  track.dy = at.dy;
  return true;
}

/** The block's place in the present frame becomes its place in the new key. */
function rekey(track: Track): void {
  track.keyX += track.dx;
  track.keyY += track.dy;
  track.dx = track.dy = 0;
}

export interface ViewTracks {
  /**
   * How different the view is from that of the shot, 0 (the same) to 1 (nothing of it is left). What is left is the part of the view that
   * the median way of the blocks leaves in it, less the share of blocks that should be there and are not. A view moved sideways by a
   * quarter gives a quarter. NaN when the shot shows too little to follow.
   */
  add(image: GreyImage): number;
}

/** Follows what a shot shows. */
export function createViewTracks(shot: GreyImage): ViewTracks {
  const first = levelOf(shot);
  let key = first;
  const seeds = corners(first.fine).filter(({ x, y }) => deviation(first.fine, x, y) >= plainDeviation);
  const seeded = (): Track[] => seeds.map(({ x, y }) => ({ startX: x, startY: y, keyX: x, keyY: y, dx: 0, dy: 0 }));
  let tracks = seeded();

  function changeOf(list: Track[]): { change: number; gone: number } {
    if (list.length === 0) return { change: 1, gone: 1 };
    const { widthPx, heightPx } = first.fine;
    const x = medianOf(list.map(({ keyX, dx, startX }) => keyX + dx - startX));
    const y = medianOf(list.map(({ keyY, dy, startY }) => keyY + dy - startY));
    const way = medianOf(
      list.map(({ keyX, keyY, dx, dy, startX, startY }) => Math.hypot((keyX + dx - startX) / widthPx, (keyY + dy - startY) / heightPx)),
    );
    // Those that went out of the view with the movement of all are in `way` already.
    const within = (at: number, length: number): boolean => at >= 0 && at + blockPx <= length;
    const expected = seeds.filter((seed) => within(seed.x + x, widthPx) && within(seed.y + y, heightPx)).length;
    const gone = Math.max(0, (1 - list.length / Math.max(1, expected) - usualLoss) / (1 - usualLoss));
    return { change: 1 - (1 - Math.min(1, way)) * (1 - gone), gone };
  }

  /** Blocks that were lost may be there again, after a shake or on the way back: then they are found in the place they had. */
  function startOver(now: Level): void {
    const again = seeded().filter((track) => follow(track, first, now));
    if (changeOf(again).change >= changeOf(tracks).change) return;
    tracks = again;
    key = first;
  }

  function renewKey(now: Level): void {
    const moved = tracks.map(({ dx, dy }) => Math.hypot(dx, dy));
    if (moved.length === 0 || medianOf(moved) <= rekeyPx) return;
    tracks.forEach(rekey);
    key = now;
  }

  return {
    add(image) {
      if (seeds.length < fewestBlocks) return Number.NaN;
      const now = levelOf(image);
      if (now.fine.heightPx !== first.fine.heightPx) return 1;
      tracks = tracks.filter((track) => follow(track, key, now));
      if (changeOf(tracks).gone > worthAnotherLook) startOver(now);
      renewKey(now);
      return changeOf(tracks).change;
    },
  };
}
