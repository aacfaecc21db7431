/**
 * Source files: a folder on disk as the list of files that readDataset takes. Bytes are read when asked for, not before.
 * Invariant: the list is sorted by path and finite: a folder is never walked again inside itself, however the links point.
 */
import { readFile, readdir, realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type Result, fail, ok } from '../core/job/failure.ts';
import type { SourceFile } from '../core/scene/dataset.ts';
import { fileFailure } from './fileFailure.ts';

/** More files and folders than any photo set has: somebody's home folder, not a dataset. */
const maxEntries = 200_000;

/** Files of other kinds above this size (videos, archives, databases) have no place in a dataset. */
const unrelatedBytes = 256 * 1024 * 1024;
const datasetKinds = /\.(jpe?g|png|webp|avif|tiff?|heic|heif|gif|bmp|bin|txt|json|ply)$/i;

const isIgnoredName = (name: string): boolean => name.startsWith('.') || name === '__MACOSX';

interface Walk {
  root: string;
  files: SourceFile[];
  /** Files and folders seen so far. */
  entries: number;
}

const isGone = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ELOOP');

/** Adds one entry; links are followed, and a link that leads nowhere is passed over (a photo missing that way is named by its reader). */
async function addEntry(walk: Walk, path: string, above: string[]): Promise<void> {
  const full = join(walk.root, path);
  let info;
  try {
    info = await stat(full);
  } catch (error) {
    if (isGone(error)) return;
    throw error;
  }
  if (info.isDirectory()) return walkFolder(walk, path, above);
  if (!info.isFile() || (info.size > unrelatedBytes && !datasetKinds.test(path))) return;
  walk.files.push({ path, sizeBytes: info.size, bytes: async () => new Uint8Array(await readFile(full)) });
}

/** `above`: the real paths of the folders this one lies in. */
async function walkFolder(walk: Walk, path: string, above: string[]): Promise<void> {
  const folder = join(walk.root, path);
  const real = await realpath(folder);
  if (above.includes(real)) return;
  for (const name of await readdir(folder)) {
    if (++walk.entries > maxEntries) return;
    if (!isIgnoredName(name)) await addEntry(walk, path ? `${path}/${name}` : name, [...above, real]);
  }
}

/** All files under a folder with '/'-paths relative to it, in code-unit order. Names with a leading dot are left out. */
export async function folderFiles(root: string): Promise<Result<SourceFile[]>> {
  const walk: Walk = { root, files: [], entries: 0 };
  try {
    await walkFolder(walk, '', []);
  } catch (error) {
    const path = error instanceof Error && 'path' in error ? String(error.path) : root;
    return { ok: false, failure: fileFailure(error, 'read', path) };
  }
  if (walk.entries > maxEntries) {
    return fail('bad-file', `${root} holds more than ${maxEntries.toLocaleString('en-GB')} files; is it the dataset's own folder?`, {
      file: root,
    });
  }
  return ok(walk.files.sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0)));
}
