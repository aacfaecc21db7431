/** Pictures: a folder of PNGs named after photos. Invariant: two photos never share a picture. */
import { join } from 'node:path';
import type { Result } from '../core/job/failure.ts';
import type { Pixels } from '../core/scene/dataset.ts';
import { encodePng } from './images.ts';
import { createPictureNamer, writeWhole } from './outputFiles.ts';

/** Writes the picture of one photo; a photo keeps its name in every folder when photos come in the same order. */
export type PictureWriter = (photoName: string, pixels: Pixels) => Promise<Result<void>>;

/** The folder is made with the first picture. */
export function createPictureWriter(folder: string): PictureWriter {
  const nameOf = createPictureNamer();
  return async (photoName, pixels) => writeWhole(join(folder, `${nameOf(photoName)}.png`), await encodePng(pixels));
}
