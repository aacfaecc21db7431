/**
 * JobEvent: the stream of small messages that every runner (local or cloud) produces and every screen consumes. Heavy data (splats so
 * far) travels beside it through a latest-value slot, never in an event.
 */
import type { Failure } from './failure.ts';

export type Stage = 'read' | 'features' | 'pairs' | 'cameras' | 'photos' | 'train' | 'evaluate' | 'save';

/** Live figures of a training run, all measured. */
export interface TrainFigures {
  splats: number;
  /** Training resolution of the current step. */
  widthPx: number;
  heightPx: number;
  /** Mean loss over the last window; null until the first lagged read has come back. */
  loss: number | null;
  /** PSNR in dB on training views over the last window (8-bit rounding not applied); null until read. */
  trainPsnrDb: number | null;
  /** PSNR in dB of the last held-out evaluation; null when none was made. */
  heldOutPsnrDb: number | null;
  stepsPerSecond: number;
}

export type JobEvent =
  | { type: 'stage-started'; stage: Stage }
  | {
      type: 'progress';
      stage: Stage;
      done: number;
      total: number;
      unit: 'files' | 'frames' | 'photos' | 'pairs' | 'cameras' | 'steps' | 'views';
      secondsLeft: number | null;
      figures?: TrainFigures;
    }
  | { type: 'memory-planned'; bytes: number; parts: { name: string; bytes: number }[] }
  | { type: 'preview-ready' }
  | { type: 'warning'; failure: Failure }
  | { type: 'finished' }
  | { type: 'failed'; failure: Failure };
