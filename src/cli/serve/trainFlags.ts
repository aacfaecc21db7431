/**
 * Train flags: a job's order as the flags of `splat train`.
 * Invariant: the same order gives the same flags, so that a checkpoint is gone on from.
 */
import type { CloudPreset } from '../../core/job/cloudApi.ts';
import type { TrainSpec } from '../../core/job/trainerApi.ts';

const checkpointEverySeconds = 60;
const previewEverySeconds = 30;

/** What the engine itself aims at; a smaller limit is passed on, a larger one is no reason to train more. */
export const presetSplats: Record<CloudPreset, number> = { preview: 60_000, full: 500_000 };

export function trainFlags({ preset, limits }: Pick<TrainSpec, 'preset' | 'limits'>, extra: readonly string[]): string[] {
  const isLimited = limits.maxSplats > 0 && limits.maxSplats < presetSplats[preset];
  return [
    ...['--preset', preset, '--renders'],
    ...(isLimited ? ['--max-splats', String(limits.maxSplats)] : []),
    ...['--checkpoint-every', String(checkpointEverySeconds), '--preview-every', String(previewEverySeconds)],
    ...extra,
  ];
}
