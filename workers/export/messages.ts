/**
 * The messages between the page and the export worker. Plain data only; the page imports this file for its types alone.
 * Invariant: `open` comes first and once; every command with an id is answered once under that id.
 */
import type { PageSettings } from '../../src/core/formats/htmlPage.ts';
import type { Failure, Result } from '../../src/core/job/failure.ts';
import type { EditOperation } from '../../src/core/scene/edit/operations.ts';
import type { SaveFormat } from '../protocol.ts';

/** What is known of the splats once they are read and edited. */
export interface ExportSummary {
  /** Splats that go out. */
  count: number;
  /** Splats of the file as it came. */
  countBefore: number;
  shDegree: number;
  /** By format, where the size is known before anything is written. */
  exactBytes: Partial<Record<SaveFormat, number>>;
  /** By format, of the others: what to expect. */
  aboutBytes: Partial<Record<SaveFormat, number>>;
  /** Formats that are quick enough to be written ahead, the quickest first. */
  ahead: SaveFormat[];
  warnings: Failure[];
}

export interface OpenExport {
  type: 'open';
  file: Blob;
  fileName: string;
  edits: readonly EditOperation[];
}

export interface PageWish {
  /** Text of the viewer's single file. */
  viewerScript: string;
  settings: PageSettings;
}

export type ExportCommand = OpenExport | { type: 'encode'; id: number; format: SaveFormat } | { type: 'page'; id: number; page: PageWish };

export type ExportMessage = { type: 'opened'; result: Result<ExportSummary> } | { type: 'answer'; id: number; result: Result<Blob> };
