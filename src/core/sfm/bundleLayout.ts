/**
 * How a bundle problem lies in memory: observations sorted by point with those of free views first, blocks of six columns for every free
 * pose, then blocks of three (log f, k1, k2) for every lens of which something moves.
 * Invariant: within a point, observations of free views come in ascending order of pose block, so a pair's block is in the upper triangle.
 */
import type { BundleProblem } from './bundleProblem.ts';

export interface BundleLayout {
  poseBlocks: number;
  lensBlocks: number;
  /** Columns of the reduced system. */
  columns: number;
  /** [views], [lenses]: block, or -1 when held. */
  blockOfView: Int32Array;
  blockOfLens: Int32Array;
  /** [lensBlocks, 3]: 1 where log f, k1, k2 move. */
  lensMask: Float64Array;
  /** [poseBlocks], [lensBlocks]: the way back. */
  viewOfBlock: Int32Array;
  lensOfBlock: Int32Array;
  lensOfView: Int32Array;
  /** Sorted observations. */
  observations: number;
  view: Int32Array;
  point: Int32Array;
  xy: Float64Array;
  inverseSigma: Float64Array;
  /** [obs]: where this observation's coupling of its lens with its point is summed, -1 when there is none. */
  lensSlot: Int32Array;
  /** Points that move and are seen, each with its observations from free views, first..freeEnd - 1, and its lens slots. */
  moving: Int32Array;
  first: Int32Array;
  freeEnd: Int32Array;
  /** [moving + 1] */
  firstLensSlot: Int32Array;
  /** [slots]: lens block. */
  blockOfLensSlot: Int32Array;
  /** [obs]: index into `moving`, -1 for a point held fixed. */
  movingOfObservation: Int32Array;
  longestTrack: number;
}

/** Numbers what is free; -1 for the rest. */
function numberFree(isFree: boolean[]): { block: Int32Array; back: Int32Array } {
  const back = Int32Array.from(isFree.flatMap((free, i) => (free ? [i] : [])));
  const block = new Int32Array(isFree.length).fill(-1);
  back.forEach((i, b) => (block[i] = b));
  return { block, back };
}

/** [obs, 2] put in order. */
function inOrder(xy: Float64Array, order: Int32Array): Float64Array {
  const out = new Float64Array(2 * order.length);
  for (let i = 0; i < order.length; i++) {
    out[2 * i] = xy[2 * order[i]];
    out[2 * i + 1] = xy[2 * order[i] + 1];
  }
  return out;
}

/** Order of the observations: by point (counting sort), then free views by block, then held views. */
function sortObservations(problem: BundleProblem, blockOfView: Int32Array, start: Int32Array): Int32Array {
  const { obsPoint, obsView } = problem;
  for (const point of obsPoint) start[point + 1]++;
  for (let p = 1; p < start.length; p++) start[p] += start[p - 1];
  const at = start.slice();
  const order = new Int32Array(obsPoint.length);
  for (let o = 0; o < obsPoint.length; o++) order[at[obsPoint[o]]++] = o;
  const key = (o: number): number => blockOfView[obsView[o]] >>> 0; // -1 becomes the largest
  for (let p = 0; p + 1 < start.length; p++) {
    for (let i = start[p] + 1; i < start[p + 1]; i++) {
      const o = order[i];
      let k = i - 1;
      for (; k >= start[p] && key(order[k]) > key(o); k--) order[k + 1] = order[k];
      order[k + 1] = o;
    }
  }
  return order;
}

type Tracks = Pick<
  BundleLayout,
  'moving' | 'first' | 'freeEnd' | 'firstLensSlot' | 'blockOfLensSlot' | 'lensSlot' | 'movingOfObservation' | 'longestTrack'
>;

/** Per moving point: its range of observations and one slot for every free lens that sees it. */
function layTracks(start: Int32Array, view: Int32Array, isFixed: (point: number) => boolean, maps: Int32Array[]): Tracks {
  const [blockOfView, blockOfLens, lensOfView] = maps;
  const moving: number[] = [];
  const [freeEnd, firstLensSlot, slotBlocks]: number[][] = [[], [0], []];
  const lensSlot = new Int32Array(view.length).fill(-1);
  const movingOfObservation = new Int32Array(view.length).fill(-1);
  let longestTrack = 0;
  for (let p = 0; p + 1 < start.length; p++) {
    if (start[p] === start[p + 1] || isFixed(p)) continue;
    const firstSlot = slotBlocks.length;
    let free = start[p];
    for (let o = start[p]; o < start[p + 1]; o++) {
      movingOfObservation[o] = moving.length;
      if (blockOfView[view[o]] >= 0) free = o + 1;
      const block = blockOfLens[lensOfView[view[o]]];
      if (block < 0) continue;
      const known = slotBlocks.indexOf(block, firstSlot);
      lensSlot[o] = known < 0 ? slotBlocks.push(block) - 1 : known;
    }
    freeEnd.push(free);
    moving.push(p);
    firstLensSlot.push(slotBlocks.length);
    longestTrack = Math.max(longestTrack, start[p + 1] - start[p]);
  }
  return {
    moving: Int32Array.from(moving),
    first: Int32Array.from(moving).map((p) => start[p]),
    freeEnd: Int32Array.from(freeEnd),
    firstLensSlot: Int32Array.from(firstLensSlot),
    blockOfLensSlot: Int32Array.from(slotBlocks),
    ...{ lensSlot, movingOfObservation, longestTrack },
  };
}

export function layOut(problem: BundleProblem): BundleLayout {
  const { obsView, obsXY, obsPoint, obsSigma, lensFree, lensOfView, pointFixed } = problem;
  const poses = numberFree(Array.from(problem.poseFixed, (fixed) => fixed === 0));
  const lenses = numberFree(lensFree.map(({ focal, radial }) => focal || radial));
  const start = new Int32Array(problem.points.length / 3 + 1);
  const order = sortObservations(problem, poses.block, start);
  const view = order.map((o) => obsView[o]);
  const inverseSigma = new Float64Array(order.length).fill(1);
  if (obsSigma) order.forEach((o, i) => (inverseSigma[i] = 1 / obsSigma[o]));
  return {
    ...layTracks(start, view, (p) => pointFixed !== undefined && pointFixed[p] !== 0, [poses.block, lenses.block, lensOfView]),
    poseBlocks: poses.back.length,
    lensBlocks: lenses.back.length,
    columns: 6 * poses.back.length + 3 * lenses.back.length,
    blockOfView: poses.block,
    viewOfBlock: poses.back,
    blockOfLens: lenses.block,
    lensOfBlock: lenses.back,
    lensMask: Float64Array.from(
      [...lenses.back].flatMap((lens) => [lensFree[lens].focal, lensFree[lens].radial, lensFree[lens].radial].map(Number)),
    ),
    lensOfView,
    observations: order.length,
    view,
    point: order.map((o) => obsPoint[o]),
    xy: inOrder(obsXY, order),
    inverseSigma,
  };
}
