/**
 * Orientations of a key point on the CPU (Lowe 2004, section 5): a histogram of gradient directions, smoothed, its two highest peaks.
 * Invariant: the sum over samples runs in f64; a flat neighbourhood gives one orientation, 0.
 */
import type { Levels } from './siftPyramid.ref.ts';
import {
  type Octave,
  gradientLevel,
  orientationBins as bins,
  orientationPeakRatio,
  orientationRadius,
  orientationWindow,
  sigmaOf,
  smoothings,
} from './siftOptions.ts';

const histogram = new Float64Array(bins);
const smoothed = new Float64Array(bins);

function fillHistogram(plane: Float32Array, { widthPx: w, heightPx: h }: Octave, x: number, y: number, sigma: number): void {
  const window = orientationWindow * sigma;
  const reach = orientationRadius * window;
  histogram.fill(0);
  const [x0, x1] = [Math.max(1, Math.ceil(x - reach)), Math.min(w - 2, Math.floor(x + reach))];
  const [y0, y1] = [Math.max(1, Math.ceil(y - reach)), Math.min(h - 2, Math.floor(y + reach))];
  for (let row = y0; row <= y1; row++) {
    for (let column = x0; column <= x1; column++) {
      const squared = (column - x) ** 2 + (row - y) ** 2;
      if (squared > reach * reach) continue;
      const at = row * w + column;
      const [gx, gy] = [0.5 * (plane[at + 1] - plane[at - 1]), 0.5 * (plane[at + w] - plane[at - w])];
      const weight = Math.exp(-squared / (2 * window * window)) * Math.sqrt(gx * gx + gy * gy);
      let bin = (Math.atan2(gy, gx) * bins) / (2 * Math.PI);
      if (bin < 0) bin += bins;
      const low = Math.floor(bin);
      const part = bin - low;
      histogram[low % bins] += (1 - part) * weight;
      histogram[(low + 1) % bins] += part * weight;
    }
  }
}

function smooth(): void {
  for (let round = 0; round < smoothings; round++) {
    for (let i = 0; i < bins; i++) smoothed[i] = (histogram[(i + bins - 1) % bins] + histogram[i] + histogram[(i + 1) % bins]) / 3;
    histogram.set(smoothed);
  }
}

/** The angle (radians, from +x towards +y, 0..2 pi) of a peak by a parabola through it and its neighbours. */
function peakAngle(bin: number): number {
  const [before, at, after] = [histogram[(bin + bins - 1) % bins], histogram[bin], histogram[(bin + 1) % bins]];
  const angle = ((bin + (0.5 * (before - after)) / (before - 2 * at + after)) * 2 * Math.PI) / bins;
  return angle < 0 ? angle + 2 * Math.PI : angle;
}

/** Writes one or two angles, the stronger first, and returns how many. */
export function orientRef(levels: Levels, octave: Octave, x: number, y: number, level: number, angles: Float64Array): number {
  fillHistogram(levels[gradientLevel(level)], octave, x, y, sigmaOf(level));
  smooth();
  let [first, second] = [-1, -1];
  for (let i = 0; i < bins; i++) {
    if (!(histogram[i] > histogram[(i + bins - 1) % bins] && histogram[i] > histogram[(i + 1) % bins])) continue;
    if (first < 0 || histogram[i] > histogram[first]) [first, second] = [i, first];
    else if (second < 0 || histogram[i] > histogram[second]) second = i;
  }
  angles[0] = first < 0 ? 0 : peakAngle(first);
  if (second < 0 || histogram[second] < orientationPeakRatio * histogram[first]) return 1;
  angles[1] = peakAngle(second);
  return 2;
}
