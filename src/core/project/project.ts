/**
 * Project: everything known about one journey, from its photos to the splat that is kept. Facts only: the bytes lie in files (layout.ts).
 * Invariant: a record says no more than what its files hold; after a crash the files win and the record is mended from them.
 */
import type { LeftOut } from '../sfm/contract.ts';
import type { Preset } from '../train/contract.ts';

/** What the journey began with. */
export type ProjectSource = 'photos' | 'video' | 'camera' | 'sample' | 'dataset' | 'splats';

/** How far the journey has come: what lies in the project's files. */
export type ProjectState = 'empty' | 'checked' | 'solved' | 'training' | 'trained';

export type DropReason = 'blurry' | 'duplicate' | 'too-dark' | 'too-bright' | 'unreadable' | 'by-hand';

/** One photo of a project. */
export interface ProjectPhoto {
  /** SHA-256 of the bytes as received, hexadecimal. */
  id: string;
  /** As the person named it, with its path inside what was given. */
  name: string;
  /** Its file inside the project, see layout.ts. */
  file: string;
  sizeBytes: number;
  /** Upright; 0 where the photo could not be read. */
  widthPx: number;
  heightPx: number;
  /** From EXIF; null where the file does not say. */
  takenMs: number | null;
  focalPx: number | null;
  cameraName: string | null;
  /** Variance of the Laplacian at 480 px; compare it with the neighbours only. NaN where unreadable. */
  sharpness: number;
  /** Share of the sharpness that the neighbours have, 1 is like them. */
  relativeSharpness: number;
  /** Mean grey value, 0..1. */
  exposure: number;
  /** Shares of pixels at the ends of the range. */
  clippedDark: number;
  clippedBright: number;
  keep: boolean;
  /** Why it was dropped, or would have been had the person not kept it; null for a good photo. */
  reason: DropReason | null;
  /** The photo it repeats, by name; for `duplicate`. */
  duplicateOf?: string;
}

/** A file of a data set that brings its own cameras: kept as given, under its own path. */
export interface ProjectFile {
  path: string;
  file: string;
  sizeBytes: number;
}

/** What the person chose for training; null leaves it to the preset. */
export interface ProjectOptions {
  preset: Preset;
  holdout: boolean;
  steps: number | null;
  maxSplats: number | null;
  widthPx: number | null;
}

export interface ProjectSolve {
  photos: number;
  registered: number;
  points: number;
  /** Pixels of the photo as stored. */
  meanReprojectionErrorPx: number;
  leftOut: LeftOut[];
}

export interface ProjectTraining {
  /** Of the newest checkpoint. */
  step: number;
  totalSteps: number;
  splats: number;
  heldOutPsnrDb: number | null;
  widthPx: number;
  heightPx: number;
  adapterName: string;
}

/** A start camera in the viewer element's texts, and the lens it was photographed with. */
export interface ProjectStart {
  /** "roll pitch yaw". */
  orientation: string;
  /** "theta phi radius". */
  orbit: string;
  /** "x y z". */
  target: string;
  lens: { widthPx: number; heightPx: number; fx: number };
}

export interface Project {
  id: string;
  name: string;
  createdMs: number;
  updatedMs: number;
  source: ProjectSource;
  state: ProjectState;
  photos: ProjectPhoto[];
  /** Empty unless the source is `dataset`. */
  files: ProjectFile[];
  options: ProjectOptions;
  solve: ProjectSolve | null;
  training: ProjectTraining | null;
  /** Name of the splat file, with the ending that tells its format; null while there is none. */
  splatFile: string | null;
  /** Where viewers start, upright and at the first photo; null: they find their own. */
  start: ProjectStart | null;
  /** A small picture of it, JPEG or WebP, at most 100 kB; null while there is none. */
  poster: Uint8Array<ArrayBuffer> | null;
  /** Bytes of all its files, as of the last change. */
  bytes: number;
}

export const defaultProjectOptions: ProjectOptions = { preset: 'preview', holdout: false, steps: null, maxSplats: null, widthPx: null };
