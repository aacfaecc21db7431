/**
 * Reads a dataset: photos with camera poses from COLMAP or nerfstudio, out of a folder, an archive or loose files.
 * Invariant: views and photos correspond one to one, in code-unit order of the names; whatever was left out is named in a warning.
 */
import { type Failure, type Result, fail, ok } from '../job/failure.ts';
import type { Dataset, SourceFile } from '../scene/dataset.ts';
import type { View } from '../scene/camera.ts';
import { type Listing, byCodeUnit, listFiles } from './fileListing.ts';
import { isPhotoPath, matchPhotos, viewName } from './matchPhotos.ts';
import { type PoseSource, findPoseSources, preferredSource, sourceAt, sourceLabel } from './poseSources.ts';
import { type PosedModel, leftOut } from './posedModel.ts';
import { bytesOf, readPoses } from './readPoses.ts';
import { expandZip } from './zip.ts';

export interface ReadDatasetOptions {
  /** Path of the poses to use (a file of the model or its folder); otherwise COLMAP is preferred, and of several models the largest. */
  poses?: string;
}

/** A splat from fewer photos is a guess. */
const leastViews = 3;
const posesWeRead = 'a COLMAP model (cameras, images and points3D as .bin or .txt) or a nerfstudio transforms.json';

/**
 * Reads poses, cameras and points, and finds each view's photo. Photos stay encoded. Fails with `bad-file` (a file that is damaged or of
 * a kind we do not read, by name), `too-few-photos` or `unplaceable` (photos without poses).
 */
export async function readDataset(files: SourceFile[], options: ReadDatasetOptions = {}): Promise<Result<Dataset>> {
  const unpacked = await unpackArchives(files);
  if (!unpacked.ok) return unpacked;
  const listing = listFiles(unpacked.value);
  const source = await chooseSource(listing, options.poses);
  if (!source.ok) return source;
  const model = await readPoses(source.value, listing);
  if (!model.ok) return model;
  return assemble(source.value, model.value, listing);
}

/** When nothing but archives was given, the files inside them; otherwise the files as they are. */
export async function unpackArchives(files: SourceFile[]): Promise<Result<SourceFile[]>> {
  const given = listFiles(files).files;
  if (given.length === 0 || !given.every(({ path }) => /\.zip$/i.test(path))) return ok(files);
  const inside: SourceFile[] = [];
  for (const archive of given) {
    const bytes = await bytesOf(archive);
    if (!bytes.ok) return bytes;
    const expanded = expandZip(bytes.value.bytes, archive.path);
    if (!expanded.ok) return expanded;
    for (const file of expanded.value) inside.push(file);
  }
  return ok(inside);
}

async function chooseSource(listing: Listing, wanted: string | undefined): Promise<Result<PoseSource>> {
  const sources = findPoseSources(listing);
  if (wanted !== undefined) {
    const source = sourceAt(sources, wanted);
    const found = sources.map(sourceLabel).join(', ') || 'none';
    return source ? ok(source) : fail('bad-file', `There are no camera poses at ${wanted}. Poses found: ${found}.`, { file: wanted });
  }
  const photos = listing.files.filter(({ path }) => isPhotoPath(path)).length;
  if (photos === 0) return fail('too-few-photos', `There is no photo among the ${listing.files.length} files given.`);
  try {
    const source = await preferredSource(sources);
    return source ? ok(source) : withoutPoses(listing, photos);
  } catch (error) {
    return fail('bad-file', `The camera poses cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function withoutPoses(listing: Listing, photos: number): ReturnType<typeof fail> {
  const lonely = listing.files.find(({ path }) => /(^|\/)images\.(bin|txt)$/.test(path));
  if (lonely) {
    const missing = lonely.path.replace(/images\.(bin|txt)$/, 'cameras.$1');
    return fail('bad-file', `${lonely.path} is there, but ${missing} is missing beside it.`, { file: missing });
  }
  const detail = `There are ${photos} photos but no camera poses; give ${posesWeRead} with them, or let the cameras be solved first.`;
  return fail('unplaceable', detail);
}

/** Names as people know them: nerfstudio writes the folder into the name, COLMAP does not. */
function displayNames(source: PoseSource, names: string[]): string[] {
  if (source.kind !== 'nerfstudio') return names;
  const short = names.map((name) => name.replace(/^images\//, ''));
  return new Set(short).size === names.length ? short : names;
}

function assemble(source: PoseSource, model: PosedModel, listing: Listing): Result<Dataset> {
  const found = matchPhotos(
    model.views.map(({ photoName }) => photoName),
    listing,
    source.folder,
  );
  const names = displayNames(
    source,
    model.views.map(({ photoName }, i) => (found[i] ? viewName(photoName, found[i]) : photoName)),
  );
  const pairs: { view: View; photo: SourceFile }[] = [];
  const missing: string[] = [];
  for (const [i, view] of model.views.entries()) {
    const photo = found[i];
    if (photo) pairs.push({ view: { ...view, photoName: names[i] }, photo });
    else missing.push(names[i]);
  }
  const label = sourceLabel(source);
  const warnings = [...model.warnings, ...leftOut('no file of that name is at hand', missing, label)];
  if (pairs.length < leastViews) return tooFew(pairs.length, missing, label, warnings);
  pairs.sort((a, b) => byCodeUnit(a.view.photoName, b.view.photoName));
  const used = new Set(pairs.map(({ view }) => view.cameraId));
  const cameras = model.cameras.filter(({ id }) => used.has(id));
  const views = pairs.map(({ view }) => view);
  return ok({ source: label, reconstruction: { cameras, views, points: model.points }, photos: pairs.map(({ photo }) => photo), warnings });
}

function tooFew(views: number, missing: string[], label: string, warnings: Failure[]): ReturnType<typeof fail> {
  const reasons = warnings.map((warning) => warning.detail).join(' ');
  const detail = `${label} gives ${views} usable ${views === 1 ? 'photo' : 'photos'}; at least ${leastViews} are needed. ${reasons}`.trim();
  return fail('too-few-photos', detail, missing.length > 0 ? { photos: missing } : {});
}
