/**
 * Solved cameras as a zip that COLMAP, nerfstudio and other trainers open: sparse/0/ with the model, and images/ with the photos where given.
 * Invariant: names of photos are those the model speaks of; photos are stored as they are, not packed again.
 */
import { type Zippable, zipSync } from 'fflate';
import type { Reconstruction } from '../scene/reconstruction.ts';
import { writeColmapBinary } from './colmapWrite.ts';

/** A time that every zip program can write; the real one would make two equal exports differ. */
const mtime = '1980-01-01T00:00:00';

/** @param photos by the name that the reconstruction's views have; may be empty */
export function colmapZip(reconstruction: Reconstruction, photos: readonly { name: string; bytes: Uint8Array }[] = []): Uint8Array {
  const { cameras, images, points3D } = writeColmapBinary(reconstruction);
  const files: Zippable = {};
  for (const [name, bytes] of Object.entries({ cameras, images, points3D })) files[`sparse/0/${name}.bin`] = [bytes, { level: 6, mtime }];
  for (const { name, bytes } of photos) files[`images/${name}`] = [bytes, { level: 0, mtime }];
  return zipSync(files);
}
