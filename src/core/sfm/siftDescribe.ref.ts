/**
 * Descriptors on the CPU (Lowe 2004, section 6): 4 x 4 cells of 8 gradient directions, trilinear, then RootSIFT in 8 bits.
 * Invariant: component (row * 4 + column) * 8 + direction; the norm of the bytes is about 512, or 0 where the photo is flat.
 */
import type { Levels } from './siftPyramid.ref.ts';
import { type Octave, cellBins, cells, clampAt, gradientLevel, magnification, rootNorm, sigmaOf } from './siftOptions.ts';

const size = cells * cells * cellBins;
const sums = new Float64Array(size);

/** Adds one gradient: u, v in cells with cell centres at whole numbers, bin in 0..8. */
function addSample(u: number, v: number, bin: number, weight: number): void {
  const [u0, v0, b0] = [Math.floor(u), Math.floor(v), Math.floor(bin)];
  const [fu, fv, fb] = [u - u0, v - v0, bin - b0];
  const [low, high] = [b0 % cellBins, (b0 + 1) % cellBins];
  for (let dv = 0; dv < 2; dv++) {
    if (v0 + dv < 0 || v0 + dv >= cells) continue;
    const inRow = weight * (dv === 0 ? 1 - fv : fv);
    for (let du = 0; du < 2; du++) {
      if (u0 + du < 0 || u0 + du >= cells) continue;
      const part = inRow * (du === 0 ? 1 - fu : fu);
      const at = ((v0 + dv) * cells + u0 + du) * cellBins;
      sums[at + low] += part * (1 - fb);
      sums[at + high] += part * fb;
    }
  }
}

/** Limits of t with |a + b t| < c, as [low, high] into `range`. */
function clip(a: number, b: number, c: number, range: Float64Array): void {
  if (Math.abs(b) < 1e-9) {
    if (Math.abs(a) >= c) range[1] = range[0] - 1;
    return;
  }
  const [p, q] = [(-c - a) / b, (c - a) / b];
  range[0] = Math.max(range[0], Math.min(p, q));
  range[1] = Math.min(range[1], Math.max(p, q));
}

const range = new Float64Array(2);

/** Writes the descriptor of a key point (index coordinates of the octave) at `at`. */
export function describeRef(
  levels: Levels,
  { widthPx: w, heightPx: h }: Octave,
  x: number,
  y: number,
  level: number,
  angle: number,
  out: Uint8Array,
  at: number,
): void {
  const plane = levels[gradientLevel(level)];
  const cell = magnification * sigmaOf(level);
  const half = (cells + 1) / 2;
  const [c, s] = [Math.cos(angle) / cell, Math.sin(angle) / cell];
  const reach = half * cell * Math.SQRT2;
  const centre = (cells - 1) / 2;
  sums.fill(0);
  for (let row = Math.max(1, Math.ceil(y - reach)); row <= Math.min(h - 2, Math.floor(y + reach)); row++) {
    const dy = row - y;
    [range[0], range[1]] = [1 - x, w - 2 - x];
    clip(s * dy, c, half, range);
    clip(c * dy, -s, half, range);
    const last = Math.floor(x + range[1]);
    for (let column = Math.ceil(x + range[0]); column <= last; column++) {
      const dx = column - x;
      const [u, v] = [c * dx + s * dy, c * dy - s * dx];
      const i = row * w + column;
      const [gx, gy] = [0.5 * (plane[i + 1] - plane[i - 1]), 0.5 * (plane[i + w] - plane[i - w])];
      let turn = (Math.atan2(gy, gx) - angle) / (2 * Math.PI);
      turn -= Math.floor(turn);
      // Window of sigma half the descriptor's width: cells / 2 cells.
      const weight = Math.exp((-2 * (u * u + v * v)) / (cells * cells)) * Math.sqrt(gx * gx + gy * gy);
      addSample(u + centre, v + centre, turn * cellBins, weight);
    }
  }
  rootSift(out, at);
}

/** L2 norm, clamp, then L1 norm and square root (Arandjelovic and Zisserman 2012): the clamp's second L2 norm cancels. */
function rootSift(out: Uint8Array, at: number): void {
  let squares = 0;
  for (const value of sums) squares += value * value;
  const most = clampAt * Math.sqrt(squares);
  let total = 0;
  for (let i = 0; i < size; i++) total += sums[i] = Math.min(sums[i], most);
  const scale = total > 0 ? 1 / total : 0;
  for (let i = 0; i < size; i++) out[at + i] = Math.min(255, Math.round(rootNorm * Math.sqrt(sums[i] * scale)));
}
