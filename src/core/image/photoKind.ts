/**
 * What kind of picture a file is, by its first bytes where they tell, else by the ending of its name.
 * Invariant: the bytes win over the name; a raw file has the head of a TIFF, so there the name decides.
 */
export type PhotoKind = 'jpeg' | 'png' | 'gif' | 'bmp' | 'webp' | 'avif' | 'heic' | 'tiff' | 'raw' | 'unknown';

const rawEnding = /\.(dng|cr2|cr3|crw|nef|nrw|arw|srf|sr2|raf|orf|rw2|pef|srw|x3f|3fr|iiq|raw)$/i;

/** What cameras write before a person has developed it. */
export const isRawPath = (path: string): boolean => rawEnding.test(path);

const endings: [PhotoKind, RegExp][] = [
  ['raw', rawEnding],
  ['heic', /\.hei[cf]$/i],
  ['tiff', /\.tiff?$/i],
  ['jpeg', /\.jpe?g$/i],
  ['png', /\.png$/i],
  ['gif', /\.gif$/i],
  ['bmp', /\.bmp$/i],
  ['webp', /\.webp$/i],
  ['avif', /\.avif$/i],
];

/** The kind that a name's ending promises. */
export const kindByName = (name: string): PhotoKind => endings.find(([, ending]) => ending.test(name))?.[0] ?? 'unknown';

const heads: [PhotoKind, string][] = [
  ['jpeg', '\xff\xd8\xff'],
  ['png', '\x89PNG'],
  ['gif', 'GIF8'],
  ['bmp', 'BM'],
  ['tiff', 'II*\0'],
  ['tiff', 'MM\0*'],
];

/** Brands of the file type box (ISO 14496-12, section 4.3; HEIF's in ISO 23008-12, annex B). */
const heicBrand = /^(hei[cxms]|hev[cxms]|mif1|msf1)$/;

function kindByBrand(text: string): PhotoKind | null {
  if (text.slice(4, 8) !== 'ftyp') return null;
  const brands = [text.slice(8, 12), ...(text.slice(16).match(/.{4}/gs) ?? [])];
  if (brands.some((brand) => brand === 'avif' || brand === 'avis')) return 'avif';
  if (brands[0] === 'crx ') return 'raw';
  return brands.some((brand) => heicBrand.test(brand)) ? 'heic' : null;
}

/** The kind of a picture from its bytes (the first 64 are looked at) and its name. */
export function kindOfPhoto(bytes: Uint8Array, name: string): PhotoKind {
  const text = String.fromCharCode(...bytes.subarray(0, 64));
  if (text.startsWith('RIFF') && text.slice(8, 12) === 'WEBP') return 'webp';
  const kind = heads.find(([, head]) => text.startsWith(head))?.[0] ?? kindByBrand(text);
  if (kind === 'tiff' && isRawPath(name)) return 'raw';
  return kind ?? kindByName(name);
}
