/**
 * What a person gave: splats, a data set with cameras of its own, or photos and videos; archives are opened.
 * Invariant: nothing is decoded here; what cannot be used beside the rest is named in a warning.
 */
import { listFiles } from '../../src/core/formats/fileListing.ts';
import { isPhotoPath } from '../../src/core/formats/matchPhotos.ts';
import { isVideoPath } from '../../src/core/formats/photoFiles.ts';
import { findPoseSources } from '../../src/core/formats/poseSources.ts';
import { isRawPath } from '../../src/core/image/photoKind.ts';
import { type Failure, type Result, fail, ok } from '../../src/core/job/failure.ts';
import type { SourceFile } from '../../src/core/scene/dataset.ts';
import type { PickedFile } from '../protocol.ts';
import { openArchive } from './archive.ts';
import { uniqueName } from './names.ts';

/** A file that can also be had without reading it into memory. */
export interface IntakeFile extends SourceFile {
  blob?: () => Promise<Blob>;
}

export type Given =
  | { kind: 'splats'; file: IntakeFile }
  | { kind: 'dataset'; files: IntakeFile[] }
  | { kind: 'photos'; photos: IntakeFile[]; videos: IntakeFile[]; warnings: Failure[] };

export const blobOf = async (file: IntakeFile): Promise<Blob> =>
  file.blob ? file.blob() : new Blob([(await file.bytes()) as Uint8Array<ArrayBuffer>]);

const isArchive = (path: string): boolean => /\.zip$/i.test(path);
const isSplats = (path: string): boolean => /\.(splat|ksplat|spz|sog|glb)$/i.test(path);
const isPly = (path: string): boolean => /\.ply$/i.test(path);
/** A COLMAP model without its cameras is a damaged model, not a set of loose photos. */
const isModelPart = (path: string): boolean => /(^|\/)images\.(bin|txt)$/.test(path);

/** A .ply's header is a few kilobytes. */
const headerBytes = 1 << 14;

async function holdsSplats({ path, file }: PickedFile): Promise<boolean> {
  if (!isPly(path)) return isSplats(path);
  const head = new TextDecoder('latin1').decode(await file.slice(0, headerBytes).arrayBuffer());
  return /^ply\r?\n/.test(head) && /\bproperty \w+ (?:packed_position|f_dc_0|opacity)\b/.test(head.split(/\nend_header\r?\n/)[0]);
}

const fromPicked = ({ path, file }: PickedFile): IntakeFile => ({
  path,
  sizeBytes: file.size,
  bytes: async () => new Uint8Array(await file.arrayBuffer()),
  blob: async () => file,
});

/** The file to view when nothing but splats was given. */
async function onlySplats(picked: PickedFile[]): Promise<PickedFile | null> {
  if (!picked.every(({ path }) => isSplats(path) || isPly(path))) return null;
  for (const each of picked) if (await holdsSplats(each)) return each;
  return null;
}

/** Files with archives replaced by what is in them; inside a folder of the archive's name when there is more than the one archive. */
async function opened(picked: PickedFile[]): Promise<Result<IntakeFile[]>> {
  const files: IntakeFile[] = [];
  for (const each of picked) {
    if (!isArchive(each.path)) {
      files.push(fromPicked(each));
      continue;
    }
    const inside = await openArchive(each.file, each.path);
    if (!inside.ok) return inside;
    const folder = picked.length > 1 ? `${each.path.replace(/\.zip$/i, '')}/` : '';
    for (const entry of inside.value) files.push({ ...entry, path: folder + entry.path });
  }
  // Files of one name from several folders are not one file.
  const taken = new Set<string>();
  return ok(files.map((file) => ({ ...file, path: uniqueName(file.path, taken) })));
}

/** Phones keep the second around a photo as a short film of the same name. */
const mostLiveBytes = 12e6;
const stem = (path: string): string => path.replace(/\.[^.]+$/, '').toLowerCase();

function withoutLiveParts(photos: IntakeFile[], videos: IntakeFile[]): { videos: IntakeFile[]; live: string[] } {
  const stems = new Set(photos.map(({ path }) => stem(path)));
  const isLive = ({ path, sizeBytes }: IntakeFile): boolean => /\.mov$/i.test(path) && sizeBytes < mostLiveBytes && stems.has(stem(path));
  return { videos: videos.filter((video) => !isLive(video)), live: videos.filter(isLive).map(({ path }) => path) };
}

function loosePhotos(files: IntakeFile[]): Result<Given> {
  const photos = files.filter(({ path }) => isPhotoPath(path) || isRawPath(path));
  const { videos, live } = withoutLiveParts(
    photos,
    files.filter(({ path }) => isVideoPath(path)),
  );
  if (photos.length + videos.length === 0)
    return fail('too-few-photos', `There is no photo and no video among the ${files.length} files given.`);
  const warnings: Failure[] = [];
  if (live.length > 0)
    warnings.push(
      fail('partial', 'The moving parts of live photos were left out; the photos themselves are used.', { photos: live }).failure,
    );
  const splats = files.filter(({ path }) => isSplats(path)).map(({ path }) => path);
  if (splats.length > 0)
    warnings.push(fail('partial', 'Splat files were left out, because photos were given with them.', { photos: splats }).failure);
  return ok({ kind: 'photos', photos, videos, warnings });
}

/**
 * Looks through the files. `onlyPhotos` when they are added to photos: poses and splats are of no use then. Fails with `bad-file` when an
 * archive cannot be opened, `too-few-photos` when there is nothing to use.
 */
export async function whatWasGiven(picked: PickedFile[], onlyPhotos: boolean): Promise<Result<Given>> {
  const splats = onlyPhotos ? null : await onlySplats(picked);
  if (splats) return ok({ kind: 'splats', file: fromPicked(splats) });
  const files = await opened(picked);
  if (!files.ok) return files;
  const listing = listFiles(files.value);
  const hasPoses = findPoseSources(listing).length > 0 || listing.files.some(({ path }) => isModelPart(path));
  return hasPoses && !onlyPhotos ? ok({ kind: 'dataset', files: listing.files }) : loosePhotos(listing.files);
}
