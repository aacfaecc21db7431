/**
 * Gaussian pyramid on the CPU: one octave's levels at a time.
 * Invariant: borders repeat the edge px; level 0 of the next octave is every second px of level 3, whose sigma is twice that of level 0.
 */
import type { GreyImage } from './grey.ts';
import { type Octave, blurSigmas, gaussianKernel, gaussians, levelsPerOctave } from './siftOptions.ts';

/** Planes of one octave, [H, W] without padding. */
export type Levels = Float32Array[];

/** The photo at twice its size by linear interpolation: even px are px of the photo. */
export function upsample({ widthPx, heightPx, values }: GreyImage): Float32Array {
  const width = 2 * widthPx;
  const out = new Float32Array(width * 2 * heightPx);
  for (let y = 0; y < heightPx; y++) {
    const [above, below] = [y * widthPx, Math.min(y + 1, heightPx - 1) * widthPx];
    const row = 2 * y * width;
    for (let x = 0; x < widthPx; x++) {
      const next = x + 1 < widthPx ? x + 1 : x;
      const [a, b, c, d] = [values[above + x], values[above + next], values[below + x], values[below + next]];
      out[row + 2 * x] = a;
      out[row + 2 * x + 1] = 0.5 * (a + b);
      out[row + width + 2 * x] = 0.5 * (a + c);
      out[row + width + 2 * x + 1] = 0.25 * (a + b + c + d);
    }
  }
  return out;
}

function blurRows(input: Float32Array, output: Float32Array, width: number, height: number, half: Float32Array, line: Float64Array): void {
  const radius = half.length - 1;
  for (let y = 0; y < height; y++) {
    const row = y * width;
    line.fill(input[row], 0, radius);
    for (let x = 0; x < width; x++) line[radius + x] = input[row + x];
    line.fill(input[row + width - 1], radius + width, width + 2 * radius);
    for (let x = 0; x < width; x++) {
      const centre = x + radius;
      let sum = half[0] * line[centre];
      for (let i = 1; i <= radius; i++) sum += half[i] * (line[centre - i] + line[centre + i]);
      output[row + x] = sum;
    }
  }
}

function blurColumns(
  input: Float32Array,
  output: Float32Array,
  width: number,
  height: number,
  half: Float32Array,
  line: Float64Array,
): void {
  const radius = half.length - 1;
  for (let y = 0; y < height; y++) {
    const row = y * width;
    for (let x = 0; x < width; x++) line[x] = half[0] * input[row + x];
    for (let i = 1; i <= radius; i++) {
      const weight = half[i];
      const above = Math.max(0, y - i) * width;
      const below = Math.min(height - 1, y + i) * width;
      for (let x = 0; x < width; x++) line[x] += weight * (input[above + x] + input[below + x]);
    }
    for (let x = 0; x < width; x++) output[row + x] = line[x];
  }
}

export interface PyramidRef {
  /** Fills and returns the levels of the next octave; the planes are used again by the octave after. */
  next(octave: Octave): Levels;
}

export function createPyramidRef(image: GreyImage, first: Octave): PyramidRef {
  const firstOctave = first.octave === -1 ? -1 : 0;
  const pixels = first.widthPx * first.heightPx;
  const kernels = blurSigmas(firstOctave).map(gaussianKernel);
  const planes = Array.from({ length: gaussians }, () => new Float32Array(pixels));
  const rows = new Float32Array(pixels);
  const line = new Float64Array(first.widthPx + 64);
  const blur = (from: Float32Array, to: Float32Array, { widthPx, heightPx }: Octave, kernel: Float32Array) => {
    blurRows(from, rows, widthPx, heightPx, kernel, line);
    blurColumns(rows, to, widthPx, heightPx, kernel, line);
  };
  let wide = 0;
  return {
    next(octave) {
      const { widthPx, heightPx } = octave;
      if (wide === 0) blur(firstOctave === -1 ? upsample(image) : image.values, planes[0], octave, kernels[0]);
      else {
        const from = planes[levelsPerOctave];
        for (let y = 0; y < heightPx; y++) for (let x = 0; x < widthPx; x++) planes[0][y * widthPx + x] = from[2 * y * wide + 2 * x];
      }
      wide = widthPx;
      for (let i = 1; i < gaussians; i++) blur(planes[i - 1], planes[i], octave, kernels[i]);
      return planes;
    },
  };
}
