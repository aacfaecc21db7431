/**
 * What solving takes and gives: the border between the SOLVE room and whoever runs it (page worker, terminal, tests).
 * Invariant: plain data only, so that everything here can be posted between threads; the host brings what core has not: decoding, clocks,
 * threads, storage.
 */
import type { JobEvent } from '../job/events.ts';
import type { Failure } from '../job/failure.ts';
import type { Pixels, SourceFile } from '../scene/dataset.ts';
import type { Reconstruction } from '../scene/reconstruction.ts';
import type { Vector3 } from '../math/rotation.ts';
import type { SfmTask, SfmTaskResult } from './tasks.ts';

/** Known intrinsics, in pixels of a photo `widthPx` wide: kept fixed while solving. */
export interface KnownIntrinsics {
  widthPx: number;
  heightPx: number;
  fx: number;
  fy: number;
  cx: number;
  cy: number;
  k1: number;
  k2: number;
}

export interface SolveOptions {
  /** Longer side of the image that features are found in, never more than the photo has; 1200 by default, and 1600 where that places too few. */
  widthPx?: number;
  /** Most features per photo; 4096 by default, 8192 in the second try. */
  features?: number;
  intrinsics?: KnownIntrinsics;
  /** The photos are frames of one video, in order. */
  video?: boolean;
  seed?: number;
}

/** A photo as decoded for solving: upright sRGB at the working size, and what the file itself says. */
export interface DecodedPhoto {
  pixels: Pixels;
  /** Upright size of the photo as stored. */
  widthPx: number;
  heightPx: number;
}

/** Threads that run sfm tasks. `run` rejects with the signal's reason when aborted. */
export interface TaskPool {
  size: number;
  run(task: SfmTask, signal?: AbortSignal): Promise<SfmTaskResult>;
}

/** Bytes kept by key between runs; a miss or a broken store is null. */
export interface ByteCache {
  get(key: string): Promise<Uint8Array | null>;
  put(key: string, bytes: Uint8Array): Promise<void>;
}

export interface SolveHost {
  nowMs(): number;
  /** Throws when the bytes are not a whole image. */
  decode(file: SourceFile, maxSidePx: number): Promise<DecodedPhoto>;
  pool: TaskPool;
  cache?: ByteCache;
}

export type LeftOutReason = 'unreadable' | 'blurry' | 'low-texture' | 'too-few-matches' | 'too-little-overlap' | 'another-group';

export interface LeftOut {
  photo: string;
  reason: LeftOutReason;
  /** One sentence with the figures behind the reason. */
  detail: string;
}

/** Cameras and points so far; what the page draws while solving. */
export interface SolveSnapshot {
  reconstruction: Reconstruction;
  /** Photos in all. */
  photos: number;
  /** Unit vector against gravity, in the reconstruction's frame. */
  up: Vector3;
}

export interface SolveReport {
  photos: number;
  registered: number;
  points: number;
  observations: number;
  meanTrackLength: number;
  /** Pixels of the working image, and of the photo as stored. */
  meanReprojectionErrorPx: number;
  meanReprojectionErrorPhotoPx: number;
  workingWidthPx: number;
  workingHeightPx: number;
  features: { name: string; count: number }[];
  pairs: { tried: number; matched: number; verified: number; inliers: number };
  /** Where descriptors were matched; both give the same matches. */
  matchedOn: 'gpu' | 'cpu';
  cameras: { name: string; photos: number; focalPx: number; focalRatio: number; k1: number; k2: number; focalFrom: string }[];
  /** How much the photos differ in brightness: standard deviation of the logarithm of their gains. */
  exposureSpread: number;
  leftOut: LeftOut[];
  /** Photos by group that hangs together, the one used first. */
  groups: string[][];
  secondsByStage: Record<string, number>;
  adapter: string | null;
}

/** Where the points of one view lie in its photo. */
export interface ViewObservations {
  /** [n, 2], px of the photo as stored upright, pixel centres at +0.5. */
  xy: Float64Array;
  /** [n], index of the point, -1 where the key point has none. */
  point: Int32Array;
}

export interface Solved {
  /** Cameras at the photos' own size, views in name order, the frame tidied (tidyFrame.ts): gravity along +y, the scene's middle at 0. */
  reconstruction: Reconstruction;
  /** By view. */
  observations: ViewObservations[];
  up: Vector3;
  /** Photos left out, a second group, a guess at the focal length: the run goes on. */
  warnings: Failure[];
  report: SolveReport;
}

export interface SolveEvents {
  emit(event: JobEvent): void;
  /** The latest-value slot. */
  onSnapshot?(snapshot: SolveSnapshot): void;
}
