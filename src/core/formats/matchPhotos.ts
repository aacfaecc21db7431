/**
 * Matches the photo names of a model with the files at hand: beside the model, in an images folder near it, or anywhere by a name that is
 * the only one of its kind.
 * Invariant: a guess by name alone is used by one view only; a name that fits two files, or a file that two names fit, matches nothing.
 */
import type { SourceFile } from '../scene/dataset.ts';
import { type Listing, baseName, folderOf, joinPath, normalisePath } from './fileListing.ts';

const photoKind = /\.(jpe?g|png|webp|avif|tiff?|gif|bmp|hei[cf])$/i;

export const isPhotoPath = (path: string): boolean => photoKind.test(path);

/** Finds the photo file of each name, in order; null where there is none. `modelFolder` is where the poses lie. */
export function matchPhotos(names: string[], listing: Listing, modelFolder: string): (SourceFile | null)[] {
  const photos = listing.files.filter(({ path }) => isPhotoPath(path));
  const places = placesNear(modelFolder);
  const byPath = uniqueIndex(photos, (path) => [looseKey(path), stemKey(path)]);
  const bySuffix = uniqueIndex(photos, (path) => suffixes(path).flatMap((suffix) => [looseKey(suffix), stemKey(suffix)]));
  const inPlace = names.map((name) => exactMatch(name, places, listing) ?? looseMatch(name, places, byPath));
  const guesses = names.map((name, i) => (inPlace[i] ? null : guess(name, bySuffix)));
  const uses = new Map<SourceFile, number>();
  for (const file of [...inPlace, ...guesses]) if (file) uses.set(file, (uses.get(file) ?? 0) + 1);
  return names.map((_, i) => {
    const guessed = guesses[i];
    return inPlace[i] ?? (guessed && uses.get(guessed) === 1 ? guessed : null);
  });
}

/** The model's folder and those above it, each with its images folder first. */
function placesNear(modelFolder: string): string[] {
  const places: string[] = [];
  for (let folder = modelFolder; ; folder = folderOf(folder)) {
    places.push(joinPath(folder, 'images'), folder);
    if (folder === '') return places;
  }
}

function exactMatch(name: string, places: string[], listing: Listing): SourceFile | null {
  if (!isPhotoPath(name)) return null;
  for (const place of places) {
    const file = listing.at(joinPath(place, name));
    if (file) return file;
  }
  return null;
}

/** Without regard to case, and with jpg and jpeg being one. */
const looseKey = (path: string): string => path.toLowerCase().replace(/\.jpeg$/, '.jpg');
/** Key of a path for names that were written without extension. */
const stemKey = (path: string): string => `${path.toLowerCase().replace(photoKind, '')}/`;
const keyOfName = (name: string): string => (isPhotoPath(name) ? looseKey(name) : `${name.toLowerCase()}/`);

/** 'a/b/c.jpg' gives itself, 'b/c.jpg' and 'c.jpg'. */
const suffixes = (path: string): string[] => path.split('/').map((_, at, parts) => parts.slice(at).join('/'));

/** File by key; null for keys that fit more than one file. */
type Index = Map<string, SourceFile | null>;

function uniqueIndex(files: SourceFile[], keysOf: (path: string) => string[]): Index {
  const index: Index = new Map();
  for (const file of files) {
    for (const key of new Set(keysOf(file.path))) index.set(key, index.has(key) ? null : file);
  }
  return index;
}

function looseMatch(name: string, places: string[], byPath: Index): SourceFile | null {
  for (const place of places) {
    const file = byPath.get(keyOfName(joinPath(place, name)));
    if (file) return file;
  }
  return null;
}

/** By the longest end of the name that fits exactly one file: folders the model knows may be missing, or lie somewhere else. */
function guess(name: string, bySuffix: Index): SourceFile | null {
  for (const suffix of suffixes(normalisePath(name))) {
    const file = bySuffix.get(keyOfName(suffix));
    if (file) return file;
    if (file === null) return null;
  }
  return null;
}

/** What a view is called: the name in the model, with the file's extension when the name has none. */
export const viewName = (name: string, file: SourceFile): string =>
  isPhotoPath(name) ? name : name + (/\.[^.]+$/.exec(baseName(file.path))?.[0] ?? '');
