/**
 * Frame constants: the CPU side of shaders/view/view_frame.wgsl, and the depth range that the sort's keys are spread over.
 * Invariant: word order equals the WGSL struct; a test reads the struct and checks every offset.
 */
import { rotationRows } from '../raster/stepConstants.ts';
import type { PinholeView } from '../scene/camera.ts';
import type { Box, ViewFrame } from './splatRenderer.ts';

export const frameBytes = 64;

/** Bits of a depth key: three passes of the sort. */
export const keyBits = 18;

export interface KeyRange {
  /** Bits of the least depth as f32. */
  base: number;
  shift: number;
}

const word = new Uint32Array(1);
const float = new Float32Array(word.buffer);
const bitsOf = (x: number): number => {
  float[0] = x;
  return word[0];
};

/** Depths of the nearest and farthest corner of a box, not less than `near`. */
export function depthRange(view: PinholeView, box: Box, near: number): [number, number] {
  const [, , , , , , zx, zy, zz] = rotationRows(view.pose.q);
  const row = [zx, zy, zz];
  let [low, high] = [view.pose.t[2], view.pose.t[2]];
  for (let k = 0; k < 3; k++) {
    const [a, b] = [row[k] * box.low[k], row[k] * box.high[k]];
    low += Math.min(a, b);
    high += Math.max(a, b);
  }
  return [Math.max(near, low), Math.max(near, high)];
}

/** Spreads the key's values over the depths of the box: bits of positive floats grow with their value, about as the logarithm does. */
export function keyRange(view: PinholeView, box: Box, near: number): KeyRange {
  const [nearest, farthest] = depthRange(view, box, near);
  const base = bitsOf(nearest);
  const span = bitsOf(farthest) - base;
  return { base, shift: Math.max(0, Math.ceil(Math.log2(span + 1)) - keyBits) };
}

/** Packs a frame into `frameBytes` bytes. */
export function packFrame(frame: ViewFrame, keys: KeyRange, guardPx: number, minContribution: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(frameBytes);
  const f = new Float32Array(bytes.buffer);
  const u = new Uint32Array(bytes.buffer);
  const everywhere = 3.4e38;
  f.set(frame.crop?.low ?? [-everywhere, -everywhere, -everywhere], 0);
  f[3] = minContribution;
  f.set(frame.crop?.high ?? [everywhere, everywhere, everywhere], 4);
  f[7] = frame.exposure;
  f.set(frame.background, 8);
  f[12] = guardPx;
  u.set([keys.base, keys.shift, 2 ** keyBits - 1], 13);
  return bytes;
}
