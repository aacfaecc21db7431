/**
 * The files of a drop or a file dialog, with their paths inside what was given.
 * Invariant: only files that can be used are kept: photos, videos, poses, archives, splats.
 */
import type { PickedFile } from '../../../../workers/protocol.ts';
import { isRawPath } from '../../../core/image/photoKind.ts';
import { isSplatPath, nameWithoutEnding } from '../view/splatFiles.ts';

/** Every kind of photo; one this browser cannot decode, and what cameras write raw, is named in a warning, not dropped in silence. */
const photo = /\.(jpe?g|png|webp|avif|tiff?|gif|bmp|hei[cf])$/i;
const video = /\.(mp4|m4v|mov|webm|mkv)$/i;
const archive = /\.zip$/i;
const poses = /\.(bin|txt|json|ply)$/i;
const hidden = /(^|\/)(\.|__MACOSX\/)/;

const useful = (path: string): boolean =>
  !hidden.test(path) &&
  (photo.test(path) || isRawPath(path) || video.test(path) || archive.test(path) || poses.test(path) || isSplatPath(path));

/** The files of an `<input type="file">`, folder or loose. */
export function fromInput(files: Iterable<File>): PickedFile[] {
  return [...files].map((file) => ({ path: file.webkitRelativePath || file.name, file })).filter(({ path }) => useful(path));
}

const fileOf = (entry: FileSystemFileEntry): Promise<File> => new Promise((resolve, reject) => entry.file(resolve, reject));

/** A directory's entries; the browser hands them out in batches and ends with an empty one. */
async function entriesOf(directory: FileSystemDirectoryEntry): Promise<FileSystemEntry[]> {
  const reader = directory.createReader();
  const all: FileSystemEntry[] = [];
  for (;;) {
    const batch = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (batch.length === 0) return all;
    all.push(...batch);
  }
}

async function filesUnder(entry: FileSystemEntry): Promise<PickedFile[]> {
  const path = entry.fullPath.replace(/^\//, '');
  if (entry.isDirectory) {
    const inside = await entriesOf(entry as FileSystemDirectoryEntry);
    return (await Promise.all(inside.map(filesUnder))).flat();
  }
  return useful(path) ? [{ path, file: await fileOf(entry as FileSystemFileEntry) }] : [];
}

/** The files of a drop, folders opened all the way down. The drop's items must be read before the event ends, so call it at once. */
export function fromDrop(data: DataTransfer): Promise<PickedFile[]> {
  const entries = [...data.items].map((item) => item.webkitGetAsEntry()).filter((entry) => entry !== null);
  if (entries.length === 0) return Promise.resolve(fromInput(data.files));
  return Promise.all(entries.map(filesUnder)).then((files) => files.flat());
}

/**
 * What to call what was given: the dropped folder, the archive, the video or the only file, without its ending. Loose photos have no name in
 * common: cameras number them.
 */
export function nameOfPicked(files: PickedFile[]): string {
  const first = files[0]?.path ?? '';
  if (first.includes('/')) return first.slice(0, first.indexOf('/'));
  const named = files.find(({ path }) => archive.test(path)) ?? files.find(({ path }) => video.test(path));
  const alone = files.length === 1 ? first : 'scene';
  return nameWithoutEnding(named?.path ?? alone) || 'splat';
}
