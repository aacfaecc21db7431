/** The photo check on series whose answer is known: blurred, doubled, dark, bright, and never too much left out. */
import { describe, expect, test } from 'vitest';
import { exposureOf, stopsOf } from '../../src/core/image/clipping.ts';
import { judgePhotos } from '../../src/core/image/photoCheck.ts';
import { byName, captureOrder } from '../../src/core/image/photoOrder.ts';
import { neighbourMedians, relativeSharpness } from '../../src/core/image/relativeSharpness.ts';
import type { ProjectPhoto } from '../../src/core/project/project.ts';
import type { GreyImage } from '../../src/core/sfm/grey.ts';

const photo = (n: number, more: Partial<ProjectPhoto> = {}): ProjectPhoto => ({
  id: `id${n}`,
  name: `IMG_${n}.jpg`,
  file: `photo-${String(n).padStart(5, '0')}.jpg`,
  sizeBytes: 1000,
  widthPx: 4000,
  heightPx: 3000,
  takenMs: null,
  focalPx: null,
  cameraName: null,
  sharpness: 0.7,
  relativeSharpness: 1,
  exposure: 0.45,
  clippedDark: 0,
  clippedBright: 0,
  keep: true,
  reason: null,
  ...more,
});

const series = (count: number, change: (n: number) => Partial<ProjectPhoto> = () => ({})): ProjectPhoto[] =>
  Array.from({ length: count }, (_, n) => photo(n, change(n)));

/** A view of a plain wave: two of them are as like as their phases are near: their correlation is the cosine of the difference. */
function wave(phase: number): GreyImage {
  const values = Float32Array.from({ length: 64 * 48 }, (_, i) => 0.5 + 0.4 * Math.sin((2 * Math.PI * 4 * (i % 64)) / 64 + phase));
  return { widthPx: 64, heightPx: 48, values };
}

const reasonsOf = (photos: ProjectPhoto[]): (string | null)[] => photos.map(({ reason }) => reason);
const dropped = (photos: ProjectPhoto[]): string[] => photos.filter(({ keep }) => !keep).map(({ name }) => name);
const none = new Map<string, GreyImage>();

describe('exposure', () => {
  test('mean and shares at the ends of the range', () => {
    const values = Float32Array.of(0, 4 / 255, 5 / 255, 0.5, 250 / 255, 251 / 255, 1, 1);
    const { exposure, clippedDark, clippedBright } = exposureOf({ widthPx: 8, heightPx: 1, values });
    expect(exposure).toBeCloseTo((9 / 255 + 0.5 + 501 / 255 + 2) / 8, 6);
    expect([clippedDark, clippedBright]).toEqual([2 / 8, 3 / 8]);
  });

  test('half the light is one stop: a grey value that much darker in the power of the display', () => {
    expect(stopsOf(0.5) - stopsOf(0.5 * 2 ** (-1 / 2.2))).toBeCloseTo(1, 9);
    expect(Number.isFinite(stopsOf(0))).toBe(true);
  });
});

describe('neighbours', () => {
  test('a photo is held against the twelve before and after it, its own value left out', () => {
    const values = Array.from({ length: 40 }, (_, i) => i);
    const medians = neighbourMedians(values);
    expect(medians[20]).toBe(20);
    // 1 to 12 after the first.
    expect(medians[0]).toBe(6.5);
    expect(medians[39]).toBe(32.5);
  });

  test('unreadable photos are nobody’s neighbours, and a photo alone is like itself', () => {
    expect([...relativeSharpness([0.4, NaN, 0.8])]).toEqual([0.5, NaN, 2]);
    expect([...relativeSharpness([0.3])]).toEqual([1]);
  });

  test('order of capture: by the clock where all have one, else by name with its numbers as numbers', () => {
    const named = (name: string, takenMs: number | null, sharpness = 1) => ({ name, takenMs, sharpness });
    expect(captureOrder([named('a10', 3), named('a9', 7), named('b', 1)])).toEqual([2, 0, 1]);
    expect(captureOrder([named('a10', 3), named('a9', null), named('b', 1)])).toEqual([1, 0, 2]);
    // A photo that does not open has no clock and takes the others theirs not away.
    expect(captureOrder([named('a', null, NaN), named('b', 9), named('c', 2)])).toEqual([2, 1, 0]);
    expect(['a2', 'a10', 'a1'].sort(byName)).toEqual(['a1', 'a2', 'a10']);
  });
});

describe('judging', () => {
  test('a good series stays whole', () => {
    const judged = judgePhotos(series(30), none);
    expect(dropped(judged)).toEqual([]);
    expect(reasonsOf(judged)).toEqual(Array<null>(30).fill(null));
  });

  test('one photo of half its neighbours’ sharpness is blurry; a slow fall of the same size is not', () => {
    const one = judgePhotos(
      series(30, (n) => (n === 11 ? { sharpness: 0.35 } : {})),
      none,
    );
    expect(dropped(one)).toEqual(['IMG_11.jpg']);
    expect(one[11]).toMatchObject({ keep: false, reason: 'blurry', relativeSharpness: 0.5 });
    const slowly = judgePhotos(
      series(60, (n) => ({ sharpness: 0.7 * 0.5 ** (n / 59) })),
      none,
    );
    expect(dropped(slowly)).toEqual([]);
  });

  test('a set that is soft throughout loses nothing: there is no absolute threshold', () => {
    const soft = series(20, (n) => ({ sharpness: 0.1 + 0.001 * (n % 3) }));
    expect(dropped(judgePhotos(soft, none))).toEqual([]);
  });

  test('the neighbours are those by the clock, not those in the list', () => {
    // Two scenes of different sharpness, taken one after the other, listed in turns.
    const mixed = series(40, (n) => ({ takenMs: (n % 2) * 1e6 + n, sharpness: n % 2 === 0 ? 0.8 : n === 21 ? 0.2 : 0.4 }));
    expect(dropped(judgePhotos(mixed, none))).toEqual(['IMG_21.jpg']);
  });

  test('of photos that repeat each other the sharpest stays and the others name it', () => {
    const photos = series(12, (n) => ({ sharpness: n === 5 ? 0.72 : 0.7 }));
    const greys = new Map(photos.map(({ id }, n) => [id, wave(n >= 4 && n <= 6 ? 3.5 + 0.01 * n : n)]));
    const judged = judgePhotos(photos, greys);
    expect(dropped(judged)).toEqual(['IMG_4.jpg', 'IMG_6.jpg']);
    for (const n of [4, 6]) expect(judged[n]).toMatchObject({ reason: 'duplicate', duplicateOf: 'IMG_5.jpg' });
  });

  test('photos whose small pictures correlate by less than 0.998 are no duplicates', () => {
    const photos = series(12);
    // cos(0.0633) = 0.998.
    const apart = new Map(photos.map(({ id }, n) => [id, wave(n * 0.065)]));
    expect(dropped(judgePhotos(photos, apart))).toEqual([]);
    const closer = new Map(photos.map(({ id }, n) => [id, wave(n * 0.061)]));
    expect(judgePhotos(photos, closer).filter(({ reason }) => reason === 'duplicate').length).toBeGreaterThan(0);
  });

  test('plain pictures repeat nothing', () => {
    const photos = series(9);
    const plain = { widthPx: 64, heightPx: 48, values: new Float32Array(64 * 48).fill(0.5) };
    expect(dropped(judgePhotos(photos, new Map(photos.map(({ id }) => [id, plain]))))).toEqual([]);
  });

  test('dark and bright only beside neighbours that are not, or where nothing is left', () => {
    const dark = { exposure: 0.03, clippedDark: 0.3 };
    const bright = { exposure: 0.93, clippedBright: 0.7 };
    const judged = judgePhotos(
      series(30, (n) => (n === 8 ? dark : n === 17 ? bright : {})),
      none,
    );
    expect([judged[8].reason, judged[17].reason]).toEqual(['too-dark', 'too-bright']);
    expect(dropped(judged)).toEqual(['IMG_8.jpg', 'IMG_17.jpg']);
    // A thing on black or on white cloth: every photo is like that.
    expect(
      dropped(
        judgePhotos(
          series(30, () => dark),
          none,
        ),
      ),
    ).toEqual([]);
    expect(
      dropped(
        judgePhotos(
          series(30, () => bright),
          none,
        ),
      ),
    ).toEqual([]);
    const cap = judgePhotos(
      series(30, (n) => (n === 3 ? { exposure: 0.01, clippedDark: 0.97 } : dark)),
      none,
    );
    expect(dropped(cap)).toEqual(['IMG_3.jpg']);
  });

  test('never more than a third is left out; the rest of the marked ones is kept with its reason, the worst go first', () => {
    const greys = new Map(series(12).map(({ id }, n) => [id, wave(n < 8 ? 0 : 3 * n)]));
    const photos = series(12, (n) => ({ sharpness: 0.7 + 0.001 * n }));
    const judged = judgePhotos(photos, greys);
    expect(judged.filter(({ reason }) => reason === 'duplicate')).toHaveLength(7);
    expect(dropped(judged)).toEqual(['IMG_0.jpg', 'IMG_1.jpg', 'IMG_2.jpg', 'IMG_3.jpg']);
    expect(judged[5]).toMatchObject({ keep: true, reason: 'duplicate' });
  });

  test.each([3, 4, 5])('of %i photos at least three stay', (count) => {
    const same = new Map(series(count).map(({ id }) => [id, wave(0)]));
    const judged = judgePhotos(series(count), same);
    expect(judged.filter(({ keep }) => keep).length).toBe(Math.max(3, count - Math.floor(count / 3)));
  });

  test('a photo that cannot be opened is left out, is not counted among the third, and harms no other', () => {
    const photos = series(9, (n) => (n < 4 ? { sharpness: NaN, widthPx: 0, heightPx: 0, keep: false, reason: 'unreadable' } : {}));
    const judged = judgePhotos(photos, none);
    expect(dropped(judged)).toEqual(['IMG_0.jpg', 'IMG_1.jpg', 'IMG_2.jpg', 'IMG_3.jpg']);
    expect(judged[0]).toMatchObject({ reason: 'unreadable', relativeSharpness: NaN });
  });

  test('what the person chose before stays, and a repetition of a kept photo is told from the new ones', () => {
    const before = [
      photo(0, { keep: false, reason: 'by-hand' }),
      photo(1, { keep: true, reason: 'blurry', sharpness: 0.2 }),
      photo(2, { keep: false, reason: 'duplicate', duplicateOf: 'IMG_9.jpg' }),
      ...series(6).map((_, n) => photo(3 + n)),
    ];
    const added = [photo(20, { sharpness: 0.75 }), photo(21)];
    const greys = new Map([...before, ...added].map(({ id }, n) => [id, wave(id === 'id20' ? 3 : n)]));
    const judged = judgePhotos([...before, ...added], greys, new Set(before.map(({ id }) => id)));
    expect(judged.slice(0, before.length).map(({ keep, reason }) => [keep, reason])).toEqual(
      before.map(({ keep, reason }) => [keep, reason]),
    );
    expect(judged[2].duplicateOf).toBe('IMG_9.jpg');
    expect(judged.at(-2)).toMatchObject({ name: 'IMG_20.jpg', keep: false, reason: 'duplicate', duplicateOf: 'IMG_3.jpg' });
    expect(judged.at(-1)).toMatchObject({ keep: true, reason: null });
  });

  test('the photos come back in their order, and the given ones are not changed', () => {
    const photos = [photo(10), photo(9, { sharpness: 0.2 }), photo(1), photo(5)];
    const copy = structuredClone(photos);
    expect(judgePhotos(photos, none).map(({ name }) => name)).toEqual(photos.map(({ name }) => name));
    expect(photos).toEqual(copy);
  });
});
