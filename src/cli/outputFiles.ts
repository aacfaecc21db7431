/**
 * Output files: results written so that a reader never sees half a file, and names that stay inside their folder.
 * Invariant: a file appears under its name only when all its bytes are on disk; what was there before stays until then.
 */
import { mkdir, open, realpath, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type Result, fail, ok } from '../core/job/failure.ts';
import { fileFailure } from './fileFailure.ts';

/** Makes a folder and those above it. */
export async function makeFolder(folder: string): Promise<Result<void>> {
  try {
    await mkdir(folder, { recursive: true });
    return ok(undefined);
  } catch (error) {
    return { ok: false, failure: fileFailure(error, 'write', folder) };
  }
}

/**
 * Writes a temporary file beside the target, flushes it to the disk and renames it over the target. Makes the folder when missing.
 * `content` may come in parts that follow one another.
 */
export async function writeWhole(path: string, content: Uint8Array | string | readonly Uint8Array[]): Promise<Result<void>> {
  const temporary = `${path}.${process.pid}.part`;
  try {
    await mkdir(dirname(path), { recursive: true });
    const file = await open(temporary, 'w');
    try {
      // Each goes behind the one before: the handle keeps its place.
      for (const part of Array.isArray(content) ? (content as readonly Uint8Array[]) : [content as Uint8Array | string])
        await file.writeFile(part);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
    return ok(undefined);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    return { ok: false, failure: fileFailure(error, 'write', path) };
  }
}

// eslint-disable-next-line no-control-regex -- control characters are what must go
const unsafe = /[/\\:*?"<>|\u0000-\u001f]/g;

/** The part of a photo's name that names its picture: no extension, sub folders flattened ("a/b.jpg" -> "a_b"), nothing unsafe. */
export function pictureName(photoName: string): string {
  const name = photoName.replace(/(?<=[^/\\])\.[^./\\]*$/, '').replace(unsafe, '_');
  return name.replace(/^\.+/, (dots) => '_'.repeat(dots.length)) || '_';
}

/** Gives each photo its own picture name: two that flatten to one name (also where case does not count) get "-2", "-3" behind it. */
export function createPictureNamer(): (photoName: string) => string {
  const taken = new Set<string>();
  return (photoName) => {
    const base = pictureName(photoName);
    let name = base;
    for (let copy = 2; taken.has(name.toLowerCase()); copy++) name = `${base}-${copy}`;
    taken.add(name.toLowerCase());
    return name;
  };
}

/** Fails when a folder that pictures are to be written to holds photos of the dataset: a picture would replace its photo. */
export async function refusePhotoFolder(folder: string, photoPaths: string[]): Promise<Result<void>> {
  const real = async (path: string): Promise<string | null> => realpath(path).catch(() => null);
  const target = await real(folder);
  const photoFolders = new Set(photoPaths.map((path) => dirname(path)));
  for (const each of target === null ? [] : photoFolders) {
    if ((await real(each)) === target)
      return fail('bad-file', `${folder} holds photos of the dataset; pictures would replace them.`, { file: folder });
  }
  return ok(undefined);
}
