/** Every reason for leaving a photo out and every way for nothing to come about, from counts made by hand. */
import { describe, expect, test } from 'vitest';
import { leftOutPhotos, type PhotoFacts, warningsOf, whyNothing } from '../../../src/core/sfm/outcome.ts';
import type { GraphEdge } from '../../../src/core/sfm/viewGraph.ts';
import { geometryOf, orbit } from './syntheticScene.ts';

const photo = (name: string, facts: Partial<PhotoFacts> = {}): PhotoFacts => ({
  ...{ name, unreadable: null, features: 1000, blurry: false, placed: false, elsewhere: false },
  ...facts,
});
const [a, b] = orbit(2);
const edge = (i: number, j: number, matches = 40, kind: GraphEdge['geometry']['kind'] = 'general'): GraphEdge => ({
  ...{ i, j, matches: new Uint32Array(2 * matches), geometry: geometryOf(a, b, [], kind) },
});
const three = ['a', 'b', 'c'].map((name) => photo(name));

/** No sentence may have a plural of one, or a singular of more. */
const sound = (text: string): void => {
  expect(text).not.toMatch(/\b1 (photos|features|matches|places|placed photos|photo pairs)\b/);
  expect(text).not.toMatch(/\b([02-9]|\d\d+) (photo|feature|match|place)\b(?! pairs?)/);
  expect(text).not.toContain('matchs');
  expect(text).toMatch(/^[A-Z0-9].*\.$/);
};

describe('photos left out', () => {
  const placed = [photo('p', { placed: true, elsewhere: false }), photo('q', { placed: true })];
  const reasonFor = (facts: Partial<PhotoFacts>, edges: GraphEdge[] = [], raw = 3) => {
    const [first, ...more] = leftOutPhotos(
      [...placed, photo('x', facts), photo('y', { placed: true, elsewhere: false })],
      edges,
      Uint32Array.of(9, 9, raw, 9),
    );
    expect(more).toEqual([]);
    expect(first.photo).toBe('x');
    sound(first.detail);
    return first;
  };

  test('each reason', () => {
    expect(reasonFor({ unreadable: 'Not a JPEG file.', features: 0, blurry: true })).toMatchObject({
      reason: 'unreadable',
      detail: 'Not a JPEG file.',
    });
    expect(reasonFor({ blurry: true, features: 90 }).reason).toBe('blurry');
    expect(reasonFor({ features: 149 }).reason).toBe('low-texture');
    expect(reasonFor({ features: 1 }).detail).toContain('1 feature');
    expect(reasonFor({ features: 150 }).reason).toBe('too-few-matches');
    expect(reasonFor({}, [], 1).detail).toContain('1 match ');
    expect(reasonFor({}, [edge(2, 3, 22), edge(0, 2, 31)])).toMatchObject({ reason: 'too-little-overlap' });
    expect(reasonFor({}, [edge(2, 3, 22), edge(0, 2, 31)]).detail).toMatch(/2 placed photos .* 31 places/);
    expect(reasonFor({}, [edge(0, 2, 1)]).detail).toMatch(/1 placed photo .* 1 place,/);
  });

  test('another group: agrees with photos, none of them placed', () => {
    const photos = [...placed, photo('x'), photo('y'), photo('z')];
    const left = leftOutPhotos(photos, [edge(0, 1), edge(2, 3), edge(3, 4)], new Uint32Array(5));
    expect(left.map(({ photo: name, reason }) => [name, reason])).toEqual(['x', 'y', 'z'].map((name) => [name, 'another-group']));
    left.forEach(({ detail }) => sound(detail));
    expect(left[0].detail).toContain('1 photo,');
    expect(left[1].detail).toContain('2 photos,');
  });

  test('all placed, none left out', () => expect(leftOutPhotos(placed, [edge(0, 1)], new Uint32Array(2))).toEqual([]));
});

describe('warnings', () => {
  const left = ['x', 'y', 'z'].map((name) => ({ photo: name, reason: 'another-group' as const, detail: '' }));

  test('nothing left out, nothing to warn of', () => expect(warningsOf([], 9, [['a'], ['b', 'c', 'd']])).toEqual([]));

  test('partial names the photos and counts the reasons', () => {
    const mixed = [...left.slice(0, 2), { photo: 'w', reason: 'blurry' as const, detail: '' }];
    const [warning, ...more] = warningsOf(mixed, 10, [
      ['a', 'b'],
      ['x', 'y'],
    ]);
    expect(more).toEqual([]);
    expect(warning).toEqual({
      code: 'partial',
      detail: '7 of 10 photos were placed; left out: 2 in a group of their own, 1 blurred.',
      photos: ['x', 'y', 'w'],
    });
  });

  test('split when three or more hang together', () => {
    const warnings = warningsOf(left, 8, [['a', 'b', 'c', 'd'], ['x', 'y', 'z'], ['s']]);
    expect(warnings.map(({ code }) => code)).toEqual(['partial', 'split']);
    expect(warnings[1].photos).toEqual(['x', 'y', 'z']);
    warnings.forEach(({ detail }) => sound(detail));
  });
});

describe('nothing came about', () => {
  const codeOf = (photos: PhotoFacts[], edges: GraphEdge[]) => {
    const { failure } = whyNothing(photos, edges);
    sound(failure.detail);
    return failure;
  };
  const but = (...facts: Partial<PhotoFacts>[]): PhotoFacts[] => three.map((each, k) => ({ ...each, ...facts[k] }));

  test('too few photos, the unreadable ones named', () => {
    expect(codeOf([], []).code).toBe('too-few-photos');
    expect(codeOf(three.slice(0, 1), [])).not.toHaveProperty('photos');
    expect(codeOf(but({ unreadable: 'x' }), [edge(1, 2)])).toMatchObject({ code: 'too-few-photos', photos: ['a'] });
  });

  test('low texture: most photos show nothing', () => {
    expect(codeOf(but({ features: 20 }, { features: 149 }), [])).toMatchObject({ code: 'low-texture', photos: ['a', 'b'] });
    expect(codeOf(but({ features: 20 }), []).code).toBe('unplaceable');
  });

  test('no baseline: half of the pairs only turned', () => {
    expect(codeOf(three, [edge(0, 1, 60, 'rotation'), edge(1, 2)]).code).toBe('no-baseline');
    expect(codeOf(three, [edge(0, 1, 60, 'rotation')]).code).toBe('no-baseline');
    expect(codeOf(three, [edge(0, 1, 60, 'rotation'), edge(1, 2), edge(0, 2)]).code).toBe('unplaceable');
  });

  test('blurry: most photos are', () => {
    expect(codeOf(but({ blurry: true }, { blurry: true }), [])).toMatchObject({ code: 'blurry', photos: ['a', 'b'] });
    expect(codeOf(but({ blurry: true }), []).code).toBe('unplaceable');
  });

  test('unplaceable, with and without pairs', () => {
    expect(codeOf(three, []).code).toBe('unplaceable');
    expect(codeOf(three, [edge(0, 1)]).detail).toContain('1 photo pair');
  });
});
