/**
 * The TRAIN room's door: what a runner (terminal, web worker) gives it and gets back. One session trains one dataset.
 */
import type { Gpu } from '../gpu/device.ts';
import type { JobEvent } from '../job/events.ts';
import type { Result } from '../job/failure.ts';
import type { PinholeView, View } from '../scene/camera.ts';
import type { Pixels, SourceFile } from '../scene/dataset.ts';
import type { Splats } from '../scene/splats.ts';
import type { Hyper, Preset } from './schedule.ts';

export type { Preset };

export interface TrainOptions {
  preset: Preset;
  /** Optimiser steps; the preset's number when absent. */
  steps?: number;
  /** Splat budget; chosen from the preset and the device when absent. */
  maxSplats?: number;
  /** Width in pixels at which a photo is trained on; never above the photo's own. */
  widthPx?: number;
  /** Every 8th view by name is kept out of training and scored; 0 trains on everything. */
  holdout: 8 | 0;
  seed: number;
  /** Highest SH degree, 0..3. */
  shDegree?: number;
  /** Opacity-compensated 2D low-pass (Mip-Splatting). */
  antialiased?: boolean;
  /** Learn a small correction of each training view's pose; for solved poses. Default false. */
  refinePoses?: boolean;
  /** Learn a gain and bias per colour channel for each training photo. Default false. */
  refineExposure?: boolean;
  /** Changes to the hyper-parameters, for experiments. */
  hyper?: Partial<Hyper>;
}

/** What the platform must lend: decoding of JPEG/PNG/WebP to upright sRGB pixels. Throws when the bytes are not an image. */
export interface TrainHost {
  decode(file: SourceFile): Promise<Pixels>;
  /** Monotonic milliseconds. */
  nowMs(): number;
}

/** One held-out view: the render and the undistorted photo at the training resolution, and their scores on 8-bit values. */
export interface HeldOutView {
  name: string;
  psnrDb: number;
  ssim: number;
  render: Pixels;
  photo: Pixels;
}

/** One photo of the run. */
export interface RunPhoto {
  name: string;
  /** Kept out of training. */
  heldOut: boolean;
}

/** A photo as the trainer sees it: undistorted, at the training resolution, and the camera it is seen through. */
export interface SeenPhoto extends RunPhoto {
  view: PinholeView;
  pixels: Pixels;
}

export interface TrainMetrics {
  /** Everything a figure needs to be repeatable. */
  data: string;
  widthPx: number;
  heightPx: number;
  trainViews: number;
  heldOutViews: number;
  splats: number;
  shDegree: number;
  steps: number;
  seed: number;
  adapter: string;
  secondsByStage: Record<string, number>;
  plannedBytes: number;
  peakGpuBytes: number;
  psnrDb: number | null;
  ssim: number | null;
  perView: { name: string; psnrDb: number; ssim: number }[];
  /** How far run() moved the training views' poses, as of its last end; null when poses are not refined. Shifts of the centres in world units. */
  poseRefinement: { views: number; meanDeg: number; maxDeg: number; meanShift: number; maxShift: number } | null;
  /** Spread of the training photos' exposures, as of the last end of run(); null when not learnt. */
  exposureRefinement: { views: number; minGain: number; maxGain: number; minBias: number; maxBias: number } | null;
}

export interface TrainSession {
  readonly gpu: Gpu;
  /** Where an orbit camera should start: a training view, and the point it should turn about. World units. */
  readonly startView: PinholeView;
  readonly focusPoint: [number, number, number];
  /** World direction that is up in the photos (mean of the cameras' -y axes), unit length. */
  readonly up: [number, number, number];
  readonly totalSteps: number;
  readonly step: number;
  readonly state: 'ready' | 'running' | 'paused' | 'finished' | 'stopped' | 'failed';

  /** Trains until the last step, stop() or a failure. Yields to the event loop between short GPU submissions. Resolves once. */
  run(): Promise<Result<'finished' | 'stopped'>>;
  pause(): void;
  resume(): void;
  /** Ends run() after the steps already submitted; what there is stays and can be saved. */
  stop(): void;
  /** Adds steps to a finished or running session ("train longer"). */
  extend(moreSteps: number): void;

  /** Scores every held-out view on the splats as they are. */
  evaluate(onView?: (view: HeldOutView) => void | Promise<void>): Promise<Omit<HeldOutView, 'render' | 'photo'>[]>;
  /** Renders any pinhole view to 8-bit pixels. */
  render(view: PinholeView): Promise<Pixels>;
  /** Draws any pinhole view into a canvas texture ('rgba8unorm' or 'bgra8unorm', RENDER_ATTACHMENT). Does not wait. */
  draw(view: PinholeView, target: GPUTexture): void;
  /**
   * Every view in the run with its pose as it is now: that of a training view with its correction, that of a held-out view as given. All as
   * given when poses are not refined.
   */
  refinedPoses(): Promise<View[]>;
  /** The photos in the run, in the order of refinedPoses(). */
  readonly photos: readonly RunPhoto[];
  /** One of them, with its camera as it is now. `index` is its place in `photos`. */
  photo(index: number): Promise<SeenPhoto>;
  /** The splats so far, read back from the GPU. */
  splats(): Promise<Splats>;
  /** Everything needed to go on exactly where this is: parameters, moments, statistics, counters. */
  checkpoint(): Promise<Uint8Array>;
  /** The same in parts to be written one after another, as of the moment of the call, also while training goes on. */
  checkpointParts(): Promise<Uint8Array[]>;
  /** Size of a checkpoint, without its header. */
  readonly checkpointBytes: number;
  metrics(): TrainMetrics;
  dispose(): void;
}

export type Emit = (event: JobEvent) => void;
