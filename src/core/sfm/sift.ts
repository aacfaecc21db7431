/**
 * SIFT on the GPU (Lowe 2004; parameters as in COLMAP): pyramid and candidates, the choice among them on the CPU, then orientations and
 * descriptors.
 * Invariant: the same photo gives the same bytes on the same device; lists that GPU threads fill in any order are sorted before use.
 */
import type { Gpu } from '../gpu/device.ts';
import type { Profiler } from '../gpu/profiler.ts';
import type { Features } from './features.ts';
import type { GreyImage } from './grey.ts';
import { featuresOf } from './siftFeatures.ts';
import { type SiftOptions, octavesOf, parametersOf } from './siftOptions.ts';
import { createSiftPlanes } from './siftPyramid.ts';
import { createSiftPoints } from './siftPoints.ts';
import { createCandidates, selectCandidates } from './siftSelect.ts';

export type { SiftOptions };

export interface Sift {
  /** Up to options.maxFeatures features; a photo without any gives count 0. Calls run one after the other. Rejects on device loss. */
  extract(image: GreyImage, options: SiftOptions): Promise<Omit<Features, 'colours'>>;
  dispose(): void;
}

/** profiler: takes the passes' times, by label. */
export async function createSift(gpu: Gpu, profiler?: Profiler): Promise<Sift> {
  const [planes, described] = await Promise.all([createSiftPlanes(gpu, profiler), createSiftPoints(gpu, profiler)]);
  const extractNow = async (image: GreyImage, options: SiftOptions) => {
    const { widthPx, heightPx } = image;
    const parameters = parametersOf(widthPx, heightPx, options);
    const octaves = octavesOf(widthPx, heightPx, parameters.firstOctave);
    const some = octaves.length > 0 && options.maxFeatures > 0;
    const found = some ? await planes.detect(image, octaves, parameters) : createCandidates(1);
    const points = selectCandidates(found, parameters.peakThreshold, options.maxFeatures, widthPx, heightPx);
    return featuresOf(points, await described.describe(points, octaves, planes.kept), widthPx, heightPx, options.maxFeatures);
  };
  let turn: Promise<unknown> = Promise.resolve();
  return {
    extract(image, options) {
      const result = turn.then(() => extractNow(image, options));
      turn = result.catch(() => undefined);
      return result;
    },
    dispose() {
      planes.dispose();
      described.dispose();
    },
  };
}
