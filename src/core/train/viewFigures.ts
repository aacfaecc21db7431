/**
 * View figures: what was learnt about the training views in a few numbers for the metrics.
 * Invariant: null stands for what is not learnt, never for zero.
 */
import { readF32 } from '../gpu/buffers.ts';
import type { Gpu } from '../gpu/device.ts';
import type { TrainMetrics } from './contract.ts';
import { type ViewCorrection, type ViewStates, turnDegrees, unpackCorrections } from './viewStates.ts';

export type ViewRefinement = Pick<TrainMetrics, 'poseRefinement' | 'exposureRefinement'>;

/** The correction of every training view in the order of their slots; none when nothing is learnt. */
export const readCorrections = async (gpu: Gpu, views: ViewStates | null): Promise<ViewCorrection[]> =>
  views ? unpackCorrections(await readF32(gpu, views.states)) : [];

const mean = (values: number[]): number => values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);

/** Angles in degrees; shifts of the camera centres in world units. */
export function summarise(views: ViewStates | null, corrections: ViewCorrection[]): ViewRefinement {
  const degrees = corrections.map(turnDegrees);
  const shifts = corrections.map(({ shift }) => Math.hypot(...shift));
  const gains = corrections.flatMap(({ gain }) => gain);
  const biases = corrections.flatMap(({ bias }) => bias);
  const poseRefinement = {
    views: corrections.length,
    meanDeg: mean(degrees),
    maxDeg: Math.max(0, ...degrees),
    meanShift: mean(shifts),
    maxShift: Math.max(0, ...shifts),
  };
  const exposureRefinement = {
    views: corrections.length,
    minGain: Math.min(...gains),
    maxGain: Math.max(...gains),
    minBias: Math.min(...biases),
    maxBias: Math.max(...biases),
  };
  return {
    poseRefinement: views?.refinesPoses ? poseRefinement : null,
    exposureRefinement: views?.refinesExposure ? exposureRefinement : null,
  };
}
