/** The choices on the contact sheet: they can all be taken back, and each remark has one thing to do. */
import { describe, expect, test } from 'vitest';
import type { Failure } from '../../../src/core/job/failure.ts';
import type { DropReason, ProjectPhoto } from '../../../src/core/project/project.ts';
import { filtersFor, shownPhotos, withAllKept, withKeep, withoutBlurry } from '../../../src/app/features/capture/checkChoices.ts';
import { noticesOf } from '../../../src/app/features/capture/checkNotices.ts';

const photo = (name: string, keep = true, reason: DropReason | null = null, more: Partial<ProjectPhoto> = {}): ProjectPhoto => ({
  ...{ id: name, name, file: `${name}.jpg`, sizeBytes: 1, widthPx: 4, heightPx: 3, takenMs: null, focalPx: null, cameraName: null },
  ...{ sharpness: 0.7, relativeSharpness: 1, exposure: 0.4, clippedDark: 0, clippedBright: 0 },
  ...{ keep, reason },
  ...more,
});
const broken = (name: string): ProjectPhoto => photo(name, false, 'unreadable', { sharpness: NaN, relativeSharpness: NaN });
const names = (photos: ProjectPhoto[]): string[] => photos.map(({ name }) => name);

describe('choices', () => {
  test.each([
    ['a good photo', photo('a')],
    ['a blurry one', photo('a', false, 'blurry')],
    ['one kept against advice', photo('a', true, 'duplicate', { duplicateOf: 'b' })],
    ['one left out by hand', photo('a', false, 'by-hand')],
  ])('%s is as before after there and back', (_, given) => {
    const there = withKeep(given, !given.keep);
    expect(there.keep).toBe(!given.keep);
    expect(withKeep(there, given.keep)).toEqual(given);
  });

  test('leaving out by hand says so, and keeps a reason that was there', () => {
    expect(withKeep(photo('a'), false).reason).toBe('by-hand');
    expect(withKeep(photo('a', true, 'blurry'), false).reason).toBe('blurry');
    expect(withKeep(photo('a', false, 'blurry'), true)).toMatchObject({ keep: true, reason: 'blurry' });
  });

  test('a photo that cannot be opened is never used', () => {
    expect(withKeep(broken('a'), true)).toEqual(broken('a'));
    expect(withAllKept([broken('a'), photo('b', false, 'blurry')], new Set(['a', 'b']), true).map(({ keep }) => keep)).toEqual([
      false,
      true,
    ]);
  });

  test('many at once: only those named; the sharp ones: only the blurry go', () => {
    const photos = [photo('a'), photo('b', true, 'blurry'), photo('c', true, 'duplicate')];
    expect(withAllKept(photos, new Set(['a', 'c']), false).map(({ keep }) => keep)).toEqual([false, true, false]);
    expect(withoutBlurry(photos).map(({ keep }) => keep)).toEqual([true, false, true]);
  });
});

describe('what is shown', () => {
  const photos = [
    photo('IMG_10', true, null, { relativeSharpness: 0.9, exposure: 0.2 }),
    photo('IMG_9', false, 'blurry', { relativeSharpness: 0.4, exposure: 0.6 }),
    broken('IMG_1'),
    photo('IMG_2', true, 'blurry', { relativeSharpness: 0.6, exposure: 0.5 }),
  ];

  test('filters show what they say, and only those that show something are offered', () => {
    expect(filtersFor(photos)).toEqual([
      { filter: 'all', n: 4 },
      { filter: 'kept', n: 2 },
      { filter: 'dropped', n: 2 },
      { filter: 'blurry', n: 2 },
      { filter: 'unreadable', n: 1 },
    ]);
    expect(names(shownPhotos(photos, 'blurry', 'name'))).toEqual(['IMG_2', 'IMG_9']);
    expect(filtersFor([])).toEqual([{ filter: 'all', n: 0 }]);
  });

  test('by name as people count, by sharpness and brightness with unreadable photos last', () => {
    expect(names(shownPhotos(photos, 'all', 'name'))).toEqual(['IMG_1', 'IMG_2', 'IMG_9', 'IMG_10']);
    expect(names(shownPhotos(photos, 'all', 'sharpness'))).toEqual(['IMG_9', 'IMG_2', 'IMG_10', 'IMG_1']);
    expect(names(shownPhotos(photos, 'all', 'brightness'))).toEqual(['IMG_10', 'IMG_2', 'IMG_9', 'IMG_1']);
  });
});

test('remarks: each photo that does not open is named once, by what helps; every remark has its one action', () => {
  const photos = [broken('a.heic'), broken('b.jpg'), broken('c.HEIC'), photo('d.jpg')];
  const copies: Failure = { code: 'partial', detail: 'One photo is there already.', photos: ['d.jpg'] };
  const full: Failure = { code: 'storage-full', detail: 'Full.' };
  const heic: Failure = { code: 'bad-file', detail: 'HEIC', photos: ['a.heic', 'c.HEIC'] };
  const film: Failure = { code: 'bad-file', detail: 'HEVC', file: 'walk.mov' };
  const few: Failure = { code: 'too-few-photos', detail: '1 photo' };
  const notices = noticesOf(photos, [copies, full, heic, film], [few], new Set([copies]));
  expect(notices.map(({ action }) => action)).toEqual(['make-room', 'dismiss', 'show-unreadable', 'show-unreadable', 'add']);
  expect(notices.flatMap((notice) => (notice.cause ? [notice.photos] : []))).toEqual([['a.heic', 'c.HEIC'], ['b.jpg']]);
  expect(new Set(notices.map(({ key }) => key)).size).toBe(notices.length);
});
