/**
 * The remarks beside the contact sheet: which photos cannot be opened, what was left out while files were taken in, and what the verdict
 * advises against.
 * Invariant: every remark has exactly one thing to do; a photo that cannot be opened is named in one remark.
 */
import { kindByName } from '../../../core/image/photoKind.ts';
import type { Failure } from '../../../core/job/failure.ts';
import type { ProjectPhoto } from '../../../core/project/project.ts';

export type NoticeAction = 'add' | 'use-sharp' | 'sort-by-brightness' | 'show-unreadable' | 'make-room' | 'dismiss';
export type UnreadableCause = 'heic' | 'raw' | 'tiff' | 'other';

export type Notice = { key: string; action: NoticeAction } & (
  { failure: Failure; cause?: undefined } | { cause: UnreadableCause; photos: string[] }
);

const causes: readonly UnreadableCause[] = ['heic', 'raw', 'tiff', 'other'];

/** Why a photo of this name cannot be opened, as far as the name tells. */
export function causeByName(name: string): UnreadableCause {
  const kind = kindByName(name);
  return kind === 'heic' || kind === 'raw' || kind === 'tiff' ? kind : 'other';
}

const advised: Partial<Record<Failure['code'], NoticeAction>> = {
  'too-few-photos': 'add',
  blurry: 'use-sharp',
  'exposure-shift': 'sort-by-brightness',
};

function unreadableNotices(names: string[]): Notice[] {
  return causes.flatMap((cause): Notice[] => {
    const photos = names.filter((name) => causeByName(name) === cause);
    return photos.length > 0 ? [{ key: cause, action: 'show-unreadable', cause, photos }] : [];
  });
}

/** Remarks to show: the warnings that were not put aside, photos that cannot be opened, then the verdict's. */
export function noticesOf(
  photos: readonly ProjectPhoto[],
  warnings: readonly Failure[],
  verdict: readonly Failure[],
  putAside: ReadonlySet<Failure>,
): Notice[] {
  const unreadable = photos.filter(({ reason }) => reason === 'unreadable').map(({ name }) => name);
  const isListed = ({ code, photos: named }: Failure): boolean =>
    code === 'bad-file' && named !== undefined && named.every((name) => unreadable.includes(name));
  const open = warnings.filter((failure) => !putAside.has(failure) && !isListed(failure));
  return [
    ...open.map((failure, i): Notice => ({ key: `w${i}`, action: failure.code === 'storage-full' ? 'make-room' : 'dismiss', failure })),
    ...unreadableNotices(unreadable),
    ...verdict.map((failure): Notice => ({ key: failure.code, action: advised[failure.code] ?? 'dismiss', failure })),
  ];
}
