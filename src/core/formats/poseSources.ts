/**
 * Finds the camera poses among the files: COLMAP models in any folder and transforms files.
 * Invariant: the list is in the order of preference: COLMAP before nerfstudio, more images before fewer, binary before text.
 */
import type { SourceFile } from '../scene/dataset.ts';
import { countBinaryImages } from './colmapBinary.ts';
import { countTextImages } from './colmapText.ts';
import { type Listing, baseName, byCodeUnit, folderOf, joinPath, normalisePath } from './fileListing.ts';

export interface ColmapSource {
  kind: 'COLMAP binary' | 'COLMAP text';
  folder: string;
  cameras: SourceFile;
  images: SourceFile;
  points: SourceFile | null;
}

export interface NerfstudioSource {
  kind: 'nerfstudio';
  folder: string;
  transforms: SourceFile;
}

export type PoseSource = ColmapSource | NerfstudioSource;

/** What a person calls it: "COLMAP binary sparse/0". */
export const sourceLabel = (source: PoseSource): string =>
  `${source.kind} ${source.kind === 'nerfstudio' ? source.transforms.path : source.folder}`.trim();

function colmapSources(listing: Listing, extension: 'bin' | 'txt'): ColmapSource[] {
  const images = listing.files.filter(({ path }) => baseName(path) === `images.${extension}`);
  return images.flatMap((file) => {
    const folder = folderOf(file.path);
    const beside = (name: string): SourceFile | null => listing.at(joinPath(folder, `${name}.${extension}`)) ?? null;
    const cameras = beside('cameras');
    const kind = extension === 'bin' ? 'COLMAP binary' : 'COLMAP text';
    return cameras ? [{ kind, folder, cameras, images: file, points: beside('points3D') } as const] : [];
  });
}

/** transforms.json, and the names instant-ngp and Blender sets use for parts of one: transforms_train.json. */
const isTransforms = (path: string): boolean => /^transforms(_\w+)?\.json$/i.test(baseName(path));

const depth = (path: string): number => path.split('/').length;

/** All pose files, without having judged them. */
export function findPoseSources(listing: Listing): PoseSource[] {
  const transforms = listing.files
    .filter(({ path }) => isTransforms(path))
    .sort((a, b) => depth(a.path) - depth(b.path) || a.path.length - b.path.length || byCodeUnit(a.path, b.path));
  return [
    ...colmapSources(listing, 'bin'),
    ...colmapSources(listing, 'txt'),
    ...transforms.map((file): NerfstudioSource => ({ kind: 'nerfstudio', folder: folderOf(file.path), transforms: file })),
  ];
}

async function imageCount(source: ColmapSource): Promise<number> {
  const bytes = await source.images.bytes();
  if (source.kind === 'COLMAP binary') return countBinaryImages(bytes);
  return countTextImages({ path: source.images.path, text: new TextDecoder().decode(bytes) });
}

/** The COLMAP model with the most images (the first of equals), else the first transforms file. Rejects when a file cannot be read. */
export async function preferredSource(sources: PoseSource[]): Promise<PoseSource | null> {
  const models = sources.filter((source) => source.kind !== 'nerfstudio');
  if (models.length <= 1) return models[0] ?? sources[0] ?? null;
  let best: { source: ColmapSource; count: number } | null = null;
  for (const source of models) {
    const count = await imageCount(source);
    if (!best || count > best.count) best = { source, count };
  }
  return best?.source ?? null;
}

const filesOf = (source: PoseSource): SourceFile[] =>
  source.kind === 'nerfstudio' ? [source.transforms] : [source.images, source.cameras, ...(source.points ? [source.points] : [])];

/** Equal, or one is the end of the other: people give paths from where they stand. */
const samePlace = (a: string, b: string): boolean => a === b || (a !== '' && b !== '' && (a.endsWith(`/${b}`) || b.endsWith(`/${a}`)));

/** The source that a person's path names, by one of its files or its folder; of several the best fit. */
export function sourceAt(sources: PoseSource[], path: string): PoseSource | null {
  const wanted = normalisePath(path);
  const fits = sources.flatMap((source) => {
    const places = [...filesOf(source).map((file) => file.path), ...(source.kind === 'nerfstudio' ? [] : [source.folder])];
    return places.filter((place) => samePlace(place, wanted)).map((place) => ({ source, miss: Math.abs(place.length - wanted.length) }));
  });
  return fits.sort((a, b) => a.miss - b.miss)[0]?.source ?? null;
}
