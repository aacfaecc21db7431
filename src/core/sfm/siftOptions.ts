/**
 * SIFT parameters, octave sizes and blur kernels, shared by the GPU driver and its CPU twin.
 * Invariant: index coordinate i of octave o is index i * 2^o of the photo, so position (px, centres at +0.5) is i * 2^o + 0.5: no half-pixel
 * shift between octaves.
 */

export interface SiftOptions {
  /** Most features returned; the strongest of every part of the photo are kept. */
  maxFeatures: number;
  /** -1 finds features in the photo at twice its size first; by default where its longer side is at most 1600 px. */
  firstOctave?: -1 | 0;
  /** Least |difference of Gaussians| of a key point; halved up to three times while there are too few. */
  peakThreshold?: number;
  /** Most ratio of the principal curvatures (Lowe 2004, section 4.1). */
  edgeRatio?: number;
}

export interface SiftParameters {
  firstOctave: -1 | 0;
  peakThreshold: number;
  /** Detection runs at this; the threshold in force is chosen among the found (siftSelect.ts). */
  lowestThreshold: number;
  edgeRatio: number;
}

export const levelsPerOctave = 3;
/** Gaussians of one octave; level i has sigma 1.6 * 2^(i/3) px of the octave. */
export const gaussians = levelsPerOctave + 3;
export const baseSigma = 1.6;
/** Blur that a photo is taken to have. */
const photoSigma = 0.5;
export const thresholdHalvings = 3;
const smallestSidePx = 16;
/** Rows are padded to this many px, so that the GPU can store whole vectors. */
const strideMultiple = 16;

export const orientationBins = 36;
/** Sigma of the orientation window in key point sigmas, and its radius in sigmas of the window. */
export const orientationWindow = 1.5;
export const orientationRadius = 3;
export const orientationPeakRatio = 0.8;
export const orientationsPerPoint = 2;
export const smoothings = 6;
/** Descriptor: cells a side, cell width in key point sigmas, orientation bins of a cell, and the clamp (Lowe 2004, section 6.1). */
export const cells = 4;
export const magnification = 3;
export const cellBins = 8;
export const clampAt = 0.2;
export const rootNorm = 512;
export const maxMoves = 5;

export function parametersOf(widthPx: number, heightPx: number, options: SiftOptions): SiftParameters {
  const peakThreshold = options.peakThreshold ?? 0.02 / levelsPerOctave;
  return {
    firstOctave: options.firstOctave ?? (Math.max(widthPx, heightPx) <= 1600 ? -1 : 0),
    peakThreshold,
    lowestThreshold: peakThreshold / 2 ** thresholdHalvings,
    edgeRatio: options.edgeRatio ?? 10,
  };
}

export interface Octave {
  /** One px of the octave is 2^octave px of the photo. */
  octave: number;
  widthPx: number;
  heightPx: number;
  /** Px from row to row, and from column to column when transposed. */
  stride: number;
  transposedStride: number;
  /** First px of the octave where the octaves of one level lie behind each other. */
  offset: number;
}

const padded = (px: number) => Math.ceil(px / strideMultiple) * strideMultiple;

/** Octaves from the largest to the last whose smaller side has 16 px; none for a tiny photo. */
export function octavesOf(widthPx: number, heightPx: number, firstOctave: -1 | 0): Octave[] {
  const octaves: Octave[] = [];
  const zoom = firstOctave === -1 ? 2 : 1;
  let [w, h, offset] = [widthPx * zoom, heightPx * zoom, 0];
  for (let octave: number = firstOctave; Math.min(w, h) >= smallestSidePx; octave++) {
    octaves.push({ octave, widthPx: w, heightPx: h, stride: padded(w), transposedStride: padded(h), offset });
    offset += padded(w) * padded(h);
    [w, h] = [w >> 1, h >> 1];
  }
  return octaves;
}

/** Taps of the blur kernel on either side of its centre, at most (shaders/sfm/sift_blur.wgsl has as many weights). */
export const largestRadius = 12;

/** Half of a normalised Gaussian kernel, from its centre outwards, to 4 sigma. */
export function gaussianKernel(sigma: number): Float32Array {
  const radius = Math.min(largestRadius, Math.max(1, Math.round(4 * sigma)));
  const half = Float64Array.from({ length: radius + 1 }, (_, i) => Math.exp(-0.5 * (i / sigma) ** 2));
  const sum = half.reduce((total, w, i) => total + (i === 0 ? w : 2 * w), 0);
  return Float32Array.from(half, (w) => w / sum);
}

/** The blurs of an octave: entry 0 makes level 0 of the first octave from the photo, entry i level i from level i - 1. */
export function blurSigmas(firstOctave: -1 | 0): number[] {
  const given = photoSigma * (firstOctave === -1 ? 2 : 1);
  const k = 2 ** (1 / levelsPerOctave);
  const sigmas = [Math.sqrt(baseSigma ** 2 - given ** 2)];
  for (let i = 1; i < gaussians; i++) sigmas.push(baseSigma * k ** (i - 1) * Math.sqrt(k * k - 1));
  return sigmas;
}

/** Sigma of a (fractional) level in px of its octave. */
export const sigmaOf = (level: number): number => baseSigma * 2 ** (level / levelsPerOctave);

/** The Gaussian that a key point's gradients are taken from. */
export const gradientLevel = (level: number): number => Math.min(levelsPerOctave, Math.max(1, Math.round(level)));
