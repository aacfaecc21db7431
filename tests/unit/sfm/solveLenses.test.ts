/** Lenses before solving: sizes and principal points worked out by hand, and the focal length of made-up pairs. */
import { describe, expect, test } from 'vitest';
import { noExif, type PhotoExif } from '../../../src/core/sfm/exif.ts';
import {
  centredPositions,
  matchedPositions,
  photoScale,
  principalPoint,
  startLenses,
  sweepUnknown,
} from '../../../src/core/sfm/solveLenses.ts';
import type { SolvePhoto } from '../../../src/core/sfm/solvePhotos.ts';
import { cloud, orbit, sceneOf } from './syntheticScene.ts';

/** A photo `widthPx` wide, its working image half of that, with the given key points. */
function photo(widthPx: number, heightPx: number, positions: number[][] = [[0, 0]], exif: Partial<PhotoExif> = {}): SolvePhoto {
  const count = positions.length;
  return {
    ...{ name: 'a.jpg', id: null, unreadable: null, widthPx, heightPx, sharpness: 1, exif: { ...noExif, ...exif } },
    features: {
      ...{ widthPx: widthPx / 2, heightPx: heightPx / 2, count },
      keypoints: Float32Array.from(positions.flatMap(([x, y]) => [x, y, 2, 0])),
      descriptors: new Uint8Array(128 * count),
      colours: new Uint8Array(3 * count),
    },
  };
}
const intrinsics = { widthPx: 4000, heightPx: 3000, fx: 3000, fy: 3030, cx: 2010, cy: 1490, k1: 0.1, k2: -0.02 };

describe('starting lenses', () => {
  test('from the tag, from what is given, else the usual one', () => {
    const photos = [photo(2000, 1500, undefined, { focal35Mm: 35, model: 'x' }), photo(1500, 2000)];
    const { lenses, groupOf } = startLenses(photos, {});
    expect([...groupOf]).toEqual([0, 1]);
    // 35 mm on a diagonal of 43.27 mm, which is 1250 px of the working image.
    expect(lenses[0].f).toBeCloseTo((35 / 43.27) * 1250, 6);
    expect(lenses[0]).toMatchObject({ widthPx: 1000, heightPx: 750, cx: 0, cy: 0, k1: 0, k2: 0, aspect: 1, given: false });
    expect(lenses[1]).toMatchObject({ f: 800, widthPx: 750, heightPx: 1000, given: false });
    expect(lenses[1].sigmaLogFocal).toBeGreaterThan(lenses[0].sigmaLogFocal);
    const known = startLenses([photo(2000, 1500)], { intrinsics }).lenses[0];
    expect(known).toMatchObject({ f: 750, k1: 0.1, k2: -0.02, given: true });
    expect(known.aspect).toBeCloseTo(1.01, 12);
  });

  test('nothing readable is no reason to fall over', () => {
    const none = { ...photo(0, 0, []), unreadable: 'Not an image.' };
    const { lenses } = startLenses([none], {});
    expect(lenses.every(({ f }) => Number.isFinite(f) && f > 0)).toBe(true);
    expect(startLenses([], {}).lenses).toEqual([]);
  });
});

test('principal point: the middle, or what is given in the photo size, turned with the photo', () => {
  const [group] = startLenses([photo(2000, 1500)], { intrinsics }).groups;
  expect(principalPoint(photo(2000, 1500), group, { intrinsics })).toEqual([1005, 745]);
  expect(principalPoint(photo(1500, 2000), group, { intrinsics })).toEqual([745, 1005]);
  expect(principalPoint(photo(2000, 1500), startLenses([photo(2000, 1500)], {}).groups[0], {})).toEqual([1000, 750]);
});

test('positions are measured from the principal point in pixels of the working image', () => {
  const one = photo(2000, 1500, [
    [500, 375],
    [0, 0],
    [1000, 750],
  ]);
  expect(photoScale(one)).toBe(2);
  expect([...centredPositions(one, [1000, 750])]).toEqual([0, 0, -500, -375, 500, 375]);
  expect([...centredPositions(one, [1005, 745])].slice(0, 2)).toEqual([-2.5, 2.5]);
  expect(photoScale({ ...one, features: { ...one.features, count: 0 } })).toBe(1);
});

test('positions of matches, evenly thinned', () => {
  const xy = [Float64Array.from({ length: 20 }, (_, k) => k), Float64Array.from({ length: 20 }, (_, k) => 100 + k)];
  const pair = { i: 0, j: 1, matches: Uint32Array.from(Array.from({ length: 10 }, (_, k) => [k, 9 - k]).flat()) };
  const all = matchedPositions(pair, xy);
  expect([...all.a]).toEqual([...xy[0]]);
  expect([...all.b].slice(0, 4)).toEqual([118, 119, 116, 117]);
  expect([...matchedPositions(pair, xy, 5).a]).toEqual([0, 1, 4, 5, 8, 9, 12, 13, 16, 17]);
  expect(matchedPositions({ ...pair, matches: new Uint32Array(0) }, xy, 5).a).toHaveLength(0);
});

describe('unknown focal length', () => {
  const scene = sceneOf(orbit(5, { sweepDeg: 75 }), cloud(400), { outliers: 0.1 });
  const xy = scene.graph.images.map((image) => image.xy);
  const photos = (exif: Partial<PhotoExif> = {}): SolvePhoto[] => xy.map(() => photo(2000, 1500, undefined, exif));

  const never = (): Promise<void> => Promise.resolve();

  test('is found to within what refining can do with; the group says where it is from', async () => {
    const lenses = startLenses(photos(), {});
    lenses.lenses[0].f = 1500;
    await sweepUnknown(lenses, scene.graph.edges, xy, 0, never);
    expect(Math.abs(Math.log(lenses.lenses[0].f / 800))).toBeLessThan(0.12);
    expect(lenses.groups[0].focalFrom).toBe('sweep');
    expect(lenses.lenses[0].sigmaLogFocal).toBeLessThan(0.5);
  });

  test('stays where there is nothing to tell it, or where it is known', async () => {
    const alone = startLenses(photos(), {});
    await sweepUnknown(alone, [], xy, 0, never);
    expect([alone.lenses[0].f, alone.groups[0].focalFrom]).toEqual([800, 'guess']);
    const tagged = startLenses(photos({ focal35Mm: 50, model: 'x' }), {});
    const before = tagged.lenses[0].f;
    await sweepUnknown(tagged, scene.graph.edges, xy, 0, never);
    expect(tagged.lenses[0].f).toBe(before);
  });
});
