/** The verdict on a set of photos: its figures, and what it advises against. */
import { expect, test } from 'vitest';
import { verdictOf } from '../../src/core/image/photoCheckVerdict.ts';
import type { ProjectPhoto } from '../../src/core/project/project.ts';

const photos = (count: number, change: (n: number) => Partial<ProjectPhoto> = () => ({})): ProjectPhoto[] =>
  Array.from({ length: count }, (_, n) => ({
    ...{ id: `id${n}`, name: `${n}.jpg`, file: `photo-${n}.jpg`, sizeBytes: 1, widthPx: 400, heightPx: 300, takenMs: null, focalPx: null },
    ...{ cameraName: 'Pixel 9', sharpness: 0.7, relativeSharpness: 1, exposure: 0.4, clippedDark: 0, clippedBright: 0 },
    ...{ keep: true, reason: null },
    ...change(n),
  }));

const codes = (given: ProjectPhoto[]): string[] => verdictOf(given).failures.map(({ code }) => code);

test('counts what is there, what is used and what is marked, used or not', () => {
  const verdict = verdictOf(
    photos(40, (n) => (n < 3 ? { keep: n === 0, reason: 'blurry' } : n === 3 ? { keep: false, reason: 'by-hand' } : {})),
  );
  expect(verdict).toMatchObject({ photos: 40, kept: 37, cameras: 1, exposureStops: 0, canStart: true, failures: [] });
  expect(verdict.marked).toEqual({ blurry: 3, duplicate: 0, 'too-dark': 0, 'too-bright': 0, unreadable: 0, 'by-hand': 1 });
});

test('cameras are told by name, and without one by the size of their photos, upright or across', () => {
  const sizes = [
    { cameraName: null, widthPx: 400, heightPx: 300 },
    { cameraName: null, widthPx: 300, heightPx: 400 },
    { cameraName: null, widthPx: 1920, heightPx: 1080 },
    { cameraName: 'X100' },
  ];
  expect(verdictOf(photos(20, (n) => sizes[n % 4])).cameras).toBe(3);
  expect(verdictOf(photos(20, (n) => ({ ...sizes[n % 4], keep: n % 4 < 2 }))).cameras).toBe(1);
});

test('brightness is the range of the kept photos without the outermost twentieths, in stops', () => {
  // Grey values of lights that grow evenly in stops, from 0 to 3 over 41 photos: without 2 at each end 2.7 are left.
  const even = photos(41, (n) => ({ exposure: 0.1 * 2 ** (((3 * n) / 40 - 0) / 2.2) }));
  expect(verdictOf(even).exposureStops).toBeCloseTo(2.7, 6);
  expect(codes(even)).toEqual(['exposure-shift']);
  expect(verdictOf(even).failures[0].photos).toContain('40.jpg');
  // One photo that is left out, and one of many that is used, make no shift.
  const odd = photos(41, (n) => (n < 2 ? { exposure: 0.01, keep: n === 0, reason: 'too-dark' } : {}));
  expect(verdictOf(odd).exposureStops).toBe(0);
});

test.each([
  [2, false, ['too-few-photos']],
  [3, true, ['too-few-photos']],
  [11, true, ['too-few-photos']],
  [12, true, []],
])('%i usable photos: can start %s, advice %j', (usable, canStart, advice) => {
  const given = photos(usable + 5, (n) => (n < 5 ? { keep: false, reason: 'by-hand' } : {}));
  expect(verdictOf(given).canStart).toBe(canStart);
  expect(codes(given)).toEqual(advice);
});

test.each([
  [12, []],
  [13, ['blurry']],
])('%i blurry photos of 40 that open: %j', (blurry, advice) => {
  const given = photos(50, (n) => (n < blurry ? { reason: 'blurry', keep: false } : n >= 40 ? { sharpness: NaN, keep: false } : {}));
  expect(codes(given)).toEqual(advice);
});

test('no photos at all are too few, and nothing else', () => {
  expect(verdictOf([])).toMatchObject({ photos: 0, kept: 0, cameras: 0, exposureStops: 0, canStart: false });
  expect(codes([])).toEqual(['too-few-photos']);
});
