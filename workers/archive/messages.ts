/**
 * The messages between the page and the archive worker. Plain data only; the page imports this file for its types alone.
 * Invariant: one command, then progress, then one result, last.
 */
import type { Result } from '../../src/core/job/failure.ts';
import type { Project } from '../../src/core/project/project.ts';
import type { EditHistory } from '../../src/core/scene/edit/operations.ts';

export type ArchiveCommand =
  | { type: 'export'; project: Project; history: EditHistory }
  /** `projectId`: the fresh id, whose folder gets the files. */
  | { type: 'import'; file: File; projectId: string };

/** What came out of an archive; its files lie in the new project's folder. */
export interface ImportedProject {
  /** The record as it was written; repair it before use. */
  record: unknown;
  poster: Uint8Array<ArrayBuffer> | null;
  /** Null when there are none, or they are damaged. */
  history: EditHistory | null;
}

export type ArchiveMessage =
  | { type: 'progress'; doneBytes: number; totalBytes: number }
  | { type: 'exported'; result: Result<Blob> }
  | { type: 'imported'; result: Result<ImportedProject> };
