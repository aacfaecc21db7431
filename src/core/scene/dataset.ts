/** Dataset: a reconstruction whose photos are at hand as still-encoded files. What the TRAIN room is entered with. */
import type { Failure } from '../job/failure.ts';
import type { Reconstruction } from './reconstruction.ts';

/** One file of a dropped folder, archive or loose selection. Paths use '/' and are relative to what was given. */
export interface SourceFile {
  path: string;
  sizeBytes: number;
  bytes(): Promise<Uint8Array>;
}

export interface Dataset {
  /** Which poses were used, e.g. "COLMAP binary sparse/0" or "nerfstudio transforms.json". */
  source: string;
  reconstruction: Reconstruction;
  /** The encoded photo of each view, in the order of reconstruction.views. */
  photos: SourceFile[];
  /** Views left out and other things the person should know; the run goes on. */
  warnings: Failure[];
}

/** Decoded photo: sRGB, upright (EXIF orientation applied), 4 bytes per pixel. */
export interface Pixels {
  widthPx: number;
  heightPx: number;
  rgba: Uint8Array;
}
