/**
 * The messages between the page and the intake worker. Plain data only; the page imports this file for its types alone.
 * Invariant: a photo's message comes after its files are written; the result comes once, last.
 */
import type { Failure, Result } from '../../src/core/job/failure.ts';
import type { ProjectFile, ProjectPhoto, ProjectSource } from '../../src/core/project/project.ts';
import type { PickedFile } from '../protocol.ts';

export interface IntakeCommand {
  projectId: string;
  picked: PickedFile[];
  /** The project's photos so far; new ones are numbered after them. */
  photosBefore: ProjectPhoto[];
}

export interface IntakeProgress {
  done: number;
  /** Grows when a video turns out to hold more photos. */
  total: number;
  unit: 'files' | 'photos' | 'frames';
}

export interface IntakeResult {
  source: ProjectSource;
  /** All of the project's photos, those from before first, new ones judged. Empty for a data set and for splats. */
  photos: ProjectPhoto[];
  /** Of a data set that brings its own cameras. */
  files: ProjectFile[];
  /** The brought splats' file inside the project, with the ending that tells its format. */
  splatFile: string | null;
  /** What was left out and why; `storage-full` when the room ran out in the middle. */
  warnings: Failure[];
  /** Bytes written, small pictures included; 0 where nothing can be kept. */
  bytes: number;
}

/** A file that could not be kept, because this browser keeps none: the page holds on to it. */
export interface UnkeptFile {
  /** Its name inside the project (layout.ts). */
  name: string;
  bytes: Blob;
}

export type IntakeMessage =
  | ({ type: 'progress' } & IntakeProgress)
  /** `photo` is not judged yet. `bytes` only where nothing can be kept. */
  | { type: 'photo'; photo: ProjectPhoto; thumbnail: Blob | null; bytes: Blob | null }
  /** A data set's or splat file, only where nothing can be kept. */
  | { type: 'unkept'; file: UnkeptFile }
  | { type: 'done'; result: Result<IntakeResult> };
