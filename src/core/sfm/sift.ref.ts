/**
 * SIFT on the CPU: the twin of sift.ts, and what runs where there is no GPU.
 * Invariant: the same steps in the same order as the GPU, on f32 planes with f64 sums; only rounding differs.
 */
import { type Features, descriptorSize } from './features.ts';
import type { GreyImage } from './grey.ts';
import { detectRef } from './siftDetect.ref.ts';
import { describeRef } from './siftDescribe.ref.ts';
import { type SiftOptions, octavesOf, orientationsPerPoint, parametersOf } from './siftOptions.ts';
import { orientRef } from './siftOrient.ref.ts';
import { type Levels, createPyramidRef } from './siftPyramid.ref.ts';
import { type Described, featuresOf } from './siftFeatures.ts';
import { candidateWords, createCandidates, selectCandidates } from './siftSelect.ts';

/** Finds and describes up to options.maxFeatures features (Lowe 2004). A photo without any gives count 0. */
export function siftRef(image: GreyImage, options: SiftOptions): Omit<Features, 'colours'> {
  const { widthPx, heightPx } = image;
  const parameters = parametersOf(widthPx, heightPx, options);
  const octaves = octavesOf(widthPx, heightPx, parameters.firstOctave);
  const found = createCandidates();
  const kept: Levels[] = [];
  if (octaves.length > 0 && options.maxFeatures > 0) {
    const pyramid = createPyramidRef(image, octaves[0]);
    for (const octave of octaves) {
      const levels = pyramid.next(octave);
      detectRef(levels, octave, parameters, found);
      // Gradients are taken from levels 1 to 3 only; the others' planes serve the next octave.
      kept.push(levels.map((plane, l) => (l >= 1 && l <= 3 ? plane.slice(0, octave.widthPx * octave.heightPx) : plane)));
    }
  }
  const points = selectCandidates(found, parameters.peakThreshold, options.maxFeatures, widthPx, heightPx);
  const described: Described = {
    angles: new Float32Array(points.count * orientationsPerPoint),
    counts: new Uint8Array(points.count),
    descriptors: new Uint8Array(points.count * orientationsPerPoint * descriptorSize),
  };
  const angles = new Float64Array(orientationsPerPoint);
  for (let p = 0; p < points.count; p++) {
    const [octave, x, y, level] = points.values.subarray(p * candidateWords, (p + 1) * candidateWords);
    const k = octave - octaves[0].octave;
    described.counts[p] = orientRef(kept[k], octaves[k], x, y, level, angles);
    for (let a = 0; a < described.counts[p]; a++) {
      const slot = p * orientationsPerPoint + a;
      described.angles[slot] = angles[a];
      describeRef(kept[k], octaves[k], x, y, level, angles[a], described.descriptors, slot * descriptorSize);
    }
  }
  return featuresOf(points, described, widthPx, heightPx, options.maxFeatures);
}
