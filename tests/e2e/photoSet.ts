/** The procedural photo set as a person has it: a folder, and the same as a zip. Invariant: 64 x 48 px photos, small enough to train in seconds. */
import { readFile, readdir } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { zipSync } from 'fflate';
import { writeProceduralDataset } from '../fixtures/writeProceduralDataset.ts';
import type { Picture } from './shownView.ts';

export interface PhotoSet {
  folder: string;
  photos: (Picture & { name: string; path: string })[];
}

const size = { widthPx: 64, heightPx: 48 };

const withoutAlpha = (rgba: Uint8Array): Uint8Array => rgba.filter((_, i) => i % 4 !== 3);

/** Writes the set into a folder that does not exist yet. */
export async function writePhotoSet(folder: string): Promise<PhotoSet> {
  const { reconstruction, photos } = await writeProceduralDataset(folder, { ...size, viewCount: 16, pointCount: 500 });
  const named = reconstruction.views.map(({ photoName: name }, i) => ({
    name,
    path: join(folder, 'images', name),
    ...size,
    rgb: withoutAlpha(photos[i].rgba),
  }));
  return { folder, photos: named };
}

/** The set as a zip in which one photo ends too early. */
export async function zipOf({ folder }: PhotoSet, damaged: string): Promise<Uint8Array> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files: Record<string, Uint8Array> = {};
  for (const entry of entries.filter((each) => each.isFile())) {
    const path = join(entry.parentPath, entry.name);
    const bytes = await readFile(path);
    files[relative(folder, path)] = entry.name === damaged ? bytes.subarray(0, 60) : bytes;
  }
  return zipSync(files, { level: 0 });
}
