/** From solved cameras to what the TRAIN room is entered with. Invariant: one photo per view, in the views' order. */
import type { Dataset, SourceFile } from '../scene/dataset.ts';
import type { TrainOptions } from '../train/contract.ts';
import type { Solved } from './contract.ts';

/** The dataset of solved photos. `photos` are those that were given to solve(), in any order. */
export function solvedDataset(solved: Solved, photos: SourceFile[]): Dataset {
  const byName = new Map(photos.map((photo) => [photo.path, photo]));
  const { reconstruction, warnings, report } = solved;
  return {
    source: `solved from ${report.photos} photos`,
    reconstruction,
    photos: reconstruction.views.map(({ photoName }) => byName.get(photoName)!),
    warnings,
  };
}

/** Photos that differ by more than this (standard deviation of log gain) are trained with an exposure of their own. */
const unequalExposure = 0.1;

/**
 * What training should refine of solved photos. Poses always: solved ones are a little off. Exposure only where the photos clearly differ:
 * where they hardly do, view-dependent colour carries the difference over to views in between, and learning it apart costs 0.7 dB.
 */
export function refinementOf({ report }: Solved): Pick<TrainOptions, 'refinePoses' | 'refineExposure'> {
  return { refinePoses: true, refineExposure: report.exposureSpread > unequalExposure };
}
