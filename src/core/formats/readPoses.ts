/**
 * Reads one pose source into a posed model, and its points.
 * Invariant: a file that cannot be read at all is a Failure that names it, never an exception.
 */
import { type Failure, type Result, fail, ok } from '../job/failure.ts';
import { readPhotoHeader, uprightSize } from '../image/photoHeader.ts';
import type { SourceFile } from '../scene/dataset.ts';
import { readColmapBinary } from './colmapBinary.ts';
import { readColmapText } from './colmapText.ts';
import { type Listing, joinPath } from './fileListing.ts';
import { matchPhotos } from './matchPhotos.ts';
import { type PhotoSize, framePath, parseTransforms, readTransforms } from './nerfstudio.ts';
import { readPlyPoints } from './plyPoints.ts';
import type { ColmapSource, NerfstudioSource, PoseSource } from './poseSources.ts';
import { type PosedModel, keepFinitePoints, noPoints } from './posedModel.ts';

interface Named {
  path: string;
  bytes: Uint8Array;
}

/** The file's bytes; `bad-file` when the platform cannot give them. */
export async function bytesOf(file: SourceFile): Promise<Result<Named>> {
  try {
    return ok({ path: file.path, bytes: await file.bytes() });
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return fail('bad-file', `${file.path} cannot be read: ${why}`, { file: file.path });
  }
}

const asText = ({ path, bytes }: Named): { path: string; text: string } => ({ path, text: new TextDecoder().decode(bytes) });

async function readColmap(source: ColmapSource): Promise<Result<PosedModel>> {
  const cameras = await bytesOf(source.cameras);
  if (!cameras.ok) return cameras;
  const images = await bytesOf(source.images);
  if (!images.ok) return images;
  const points = source.points ? await bytesOf(source.points) : ok(null);
  if (!points.ok) return points;
  if (source.kind === 'COLMAP binary') return readColmapBinary(cameras.value, images.value, points.value);
  return readColmapText(asText(cameras.value), asText(images.value), points.value && asText(points.value));
}

/** The points a transforms file names; without them, or with a file that is no cloud, there are none and that is said. */
async function readPoints(source: NerfstudioSource, path: string, listing: Listing): Promise<Pick<PosedModel, 'points' | 'warnings'>> {
  const none = (failure: Failure): Pick<PosedModel, 'points' | 'warnings'> => ({ points: noPoints(), warnings: [failure] });
  const file = listing.at(joinPath(source.folder, path));
  if (!file)
    return none({ code: 'bad-file', detail: `${source.transforms.path} names the points ${path}, which are not there.`, file: path });
  const bytes = await bytesOf(file);
  const points = bytes.ok ? readPlyPoints(bytes.value.bytes, file.path) : bytes;
  return points.ok ? keepFinitePoints(points.value, file.path) : none(points.failure);
}

async function readNerfstudio(source: NerfstudioSource, listing: Listing): Promise<Result<PosedModel>> {
  const file = await bytesOf(source.transforms);
  if (!file.ok) return file;
  const transforms = parseTransforms(asText(file.value).text, source.transforms.path);
  if (!transforms.ok) return transforms;
  const names = transforms.value.frames.map(framePath);
  const photos = new Map(matchPhotos(names, listing, source.folder).map((photo, i) => [names[i], photo]));
  const photoSize: PhotoSize = async (name) => {
    const photo = photos.get(name);
    const bytes = photo ? await bytesOf(photo) : null;
    const header = bytes?.ok ? readPhotoHeader(bytes.value.bytes) : null;
    return header && uprightSize(header);
  };
  const model = await readTransforms(transforms.value, source.transforms.path, photoSize);
  if (!model.ok || transforms.value.pointsPath === null) return model;
  const { points, warnings } = await readPoints(source, transforms.value.pointsPath, listing);
  return ok({ ...model.value, points, warnings: [...model.value.warnings, ...warnings] });
}

export function readPoses(source: PoseSource, listing: Listing): Promise<Result<PosedModel>> {
  return source.kind === 'nerfstudio' ? readNerfstudio(source, listing) : readColmap(source);
}
