/**
 * Why photos cannot be opened, and what helps: one remark for each kind.
 * Invariant: every photo that could not be opened is named in exactly one remark.
 */
import type { PhotoKind } from '../../src/core/image/photoKind.ts';
import { type Failure, fail } from '../../src/core/job/failure.ts';

export interface Unreadable {
  name: string;
  kind: PhotoKind;
}

type Cause = 'heic' | 'raw' | 'tiff' | 'damaged';

const causeOf = (kind: PhotoKind): Cause => (kind === 'heic' || kind === 'raw' || kind === 'tiff' ? kind : 'damaged');

const details: Record<Cause, string> = {
  heic: 'HEIC photos cannot be opened by this browser. On the iPhone choose Settings > Camera > Formats > Most Compatible for new photos; export those you have as JPEG, or open this page in Safari.',
  raw: 'Raw photos cannot be opened by a browser. Develop them and export them as JPEG.',
  tiff: 'TIFF photos cannot be opened by this browser. Export them as JPEG or PNG.',
  damaged: 'These photos are damaged, or are no photos. Copy them again from where they came from.',
};

export function unreadableRemarks(unreadable: Unreadable[]): Failure[] {
  return (Object.keys(details) as Cause[]).flatMap((cause) => {
    const photos = unreadable.filter(({ kind }) => causeOf(kind) === cause).map(({ name }) => name);
    return photos.length > 0 ? [fail('bad-file', details[cause], { photos }).failure] : [];
  });
}
