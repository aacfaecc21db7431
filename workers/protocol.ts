/**
 * The messages between the page and the training worker. Plain data only; the page imports this file for its types alone.
 * Invariant: the size of the preview and its camera travel in one message, so they can never disagree.
 */
import type { JobEvent } from '../src/core/job/events.ts';
import type { Failure } from '../src/core/job/failure.ts';
import type { PinholeView } from '../src/core/scene/camera.ts';
import type { LeftOut } from '../src/core/sfm/contract.ts';
import type { RunPhoto, SeenPhoto, TrainOptions } from '../src/core/train/contract.ts';

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
  /** The photos are frames of one video, in order. */
  video: boolean;
  /** The project whose folder keeps what the run comes to, and what it may go on from; null keeps nothing. */
  projectId: string | null;
  /** The preview's canvas, handed over with the message. */
  canvas: OffscreenCanvas;
}

export type TrainCommand =
  | StartCommand
  | { type: 'pause' }
  /** Goes on after a pause or a stop. */
  | { type: 'resume' }
  /** Ends training after the steps under way; the splats stay and can be saved. While cameras are being solved it ends the run. */
  | { type: 'stop' }
  /** Adds steps to a finished run. */
  | { type: 'train-longer'; steps: number }
  | { type: 'save'; id: number; format: SaveFormat }
  /** Asks for a photo of the run by its place in the scene's photos. */
  | { type: 'photo'; id: number; index: number }
  /** What the preview shows: the camera, and in widthPx x heightPx the size of the canvas in device pixels. */
  | { type: 'view'; view: PinholeView }
  | { type: 'dispose' };

/** What the page needs to know to orbit: see TrainSession. World units. */
export interface PreviewScene {
  startView: PinholeView;
  focusPoint: [number, number, number];
  up: [number, number, number];
  adapterName: string;
  photos: readonly RunPhoto[];
}

/** A photo of the run to lay over the splats, seen through the same camera. */
export interface ComparePhoto extends SeenPhoto {
  /** Of the splats as they are; null for a photo that was trained on, or not scored since. */
  psnrDb: number | null;
}

/** Cameras and points so far while solving, at most as many as a screen can show. World units of the moment: the frame may change. */
export interface SolveSketch {
  /** [n, 3]. */
  xyz: Float32Array;
  /** [n, 3], 0..255 sRGB. */
  rgb: Uint8Array;
  /** Points in all. */
  points: number;
  /** By camera, the photo's name. */
  names: string[];
  /** [m, 7], by camera: world-to-camera quaternion wxyz and translation. */
  poses: Float32Array;
  /** [m, 2], by camera: half the photo's width and height at depth 1. */
  reach: Float32Array;
  /** Photos in all. */
  photos: number;
  /** Unit, against gravity. */
  up: [number, number, number];
}

/** What solving came to. */
export interface SolveSummary {
  photos: number;
  registered: number;
  points: number;
  /** Pixels of the photo as stored. */
  meanReprojectionErrorPx: number;
  leftOut: LeftOut[];
}

export type RunState = 'running' | 'paused' | 'finished' | 'stopped';

export type TrainMessage =
  | { type: 'event'; event: JobEvent }
  /** A latest-value slot: a newer one replaces it. */
  | { type: 'solve-snapshot'; sketch: SolveSketch }
  | { type: 'solved'; summary: SolveSummary }
  | { type: 'scene'; scene: PreviewScene }
  | { type: 'state'; state: RunState; step: number; totalSteps: number }
  /** Something is in the project's folder now; `at` tells the step of a checkpoint and of trained splats. */
  | { type: 'kept'; what: 'solved' | 'checkpoint' | 'trained'; at: { step: number; totalSteps: number; splats: number } | null }
  /** The run is over; `keptStep` is the step of the splats that can still be saved, null when there are none. */
  | { type: 'failed'; failure: Failure; keptStep: number | null }
  | { type: 'saved'; id: number; file: Blob }
  | { type: 'save-failed'; id: number; failure: Failure }
  | { type: 'photo'; id: number; photo: ComparePhoto }
  | { type: 'photo-failed'; id: number; failure: Failure }
  /** An exception: a bug of ours, shown as it is. */
  | { type: 'crashed'; detail: string };
