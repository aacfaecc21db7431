/**
 * The messages between the page and the training worker. Plain data only; the page imports this file for its types alone.
 * Invariant: the size of the preview and its camera travel in one message, so they can never disagree.
 */
import type { JobEvent } from '../src/core/job/events.ts';
import type { Failure } from '../src/core/job/failure.ts';
import type { PinholeView } from '../src/core/scene/camera.ts';
import type { TrainOptions } from '../src/core/train/contract.ts';

/** A file the person chose, with its path inside the folder they dropped ('/' separated). */
export interface PickedFile {
  path: string;
  file: File;
}

export type SaveFormat = 'ply' | 'compressed.ply' | 'splat' | 'spz' | 'sog' | 'glb';

export interface StartCommand {
  type: 'start';
  files: PickedFile[];
  options: TrainOptions;
  /** The preview's canvas, handed over with the message. */
  canvas: OffscreenCanvas;
}

export type TrainCommand =
  | StartCommand
  | { type: 'pause' }
  /** Goes on after a pause or a stop. */
  | { type: 'resume' }
  /** Ends training after the steps under way; the splats stay and can be saved. */
  | { type: 'stop' }
  /** Adds steps to a finished run. */
  | { type: 'train-longer'; steps: number }
  | { type: 'save'; id: number; format: SaveFormat }
  /** What the preview shows: the camera, and in widthPx x heightPx the size of the canvas in device pixels. */
  | { type: 'view'; view: PinholeView }
  | { type: 'dispose' };

/** What the page needs to know to orbit: see TrainSession. World units. */
export interface PreviewScene {
  startView: PinholeView;
  focusPoint: [number, number, number];
  up: [number, number, number];
  adapterName: string;
}

export type RunState = 'running' | 'paused' | 'finished' | 'stopped';

export type TrainMessage =
  /** Sent once, when the worker has loaded. A failure is `gpu-missing`. */
  | { type: 'ready'; failure: Failure | null }
  | { type: 'event'; event: JobEvent }
  | { type: 'scene'; scene: PreviewScene }
  | { type: 'state'; state: RunState; step: number; totalSteps: number }
  /** The run is over; `keptStep` is the step of the splats that can still be saved, null when there are none. */
  | { type: 'failed'; failure: Failure; keptStep: number | null }
  | { type: 'saved'; id: number; file: Blob }
  | { type: 'save-failed'; id: number; failure: Failure }
  /** An exception: a bug of ours, shown as it is. */
  | { type: 'crashed'; detail: string };
