/** Matching on the CPU: plain JavaScript and WebAssembly against brute force, bit for bit; and the committed module against its source. */
import { describe, expect, test, vi } from 'vitest';
import { compileMatcher, moduleSource } from '../../../scripts/build-wasm.mjs';
import { readFileSync } from 'node:fs';
import { matchCpu, plainBests } from '../../../src/core/sfm/matchCpu.ts';
import { wasmMatcher } from '../../../src/core/sfm/matchWasm.ts';
import { matchReference } from '../../../src/core/sfm/matcher.ref.ts';
import { isDistinct, matchesOf } from '../../../src/core/sfm/matches.ts';
import { descriptorPairs, pairOf, randomDescriptors } from './descriptors.ts';

const pairs = descriptorPairs();
const found = pairs.map(({ first, other }) => matchReference(first, other).flat());

describe.each(pairs.map((pair, k) => ({ ...pair, want: found[k] })))('$name', ({ first, other, want }) => {
  test('WebAssembly finds what brute force finds', () => {
    expect(wasmMatcher()).not.toBeNull();
    expect([...matchCpu(first, [other])[0].matches]).toEqual(want);
  });

  test('plain JavaScript finds the same, product for product', () => {
    const plain = plainBests(first, other);
    expect([...matchesOf(plain)]).toEqual(want);
    const wasm = wasmMatcher()!;
    wasm.setFirst(first);
    expect(wasm.against(other)).toEqual(plain);
  });
});

test('the cases have matches, and rows that each of the tests turns away', () => {
  const bests = plainBests(pairs[10].first, pairs[10].other);
  const rows = [...bests.column.keys()];
  expect(found[10].length / 2).toBeGreaterThan(100);
  const distinct = rows.filter((i) => bests.column[i] >= 0 && isDistinct(bests.product[i], bests.second[i]));
  expect(distinct.length).toBeGreaterThan(found[10].length / 2);
  expect(rows.some((i) => Math.cos(0.7) * 512 ** 2 > bests.product[i])).toBe(true);
  expect(rows.some((i) => bests.product[i] === bests.second[i] && bests.product[i] > 0)).toBe(true);
});

test('distances on either side of the two thresholds', () => {
  const productAt = (angle: number): number => Math.round(Math.cos(angle) * 512 ** 2);
  expect(isDistinct(productAt(0.699), productAt(1.2))).toBe(true);
  expect(isDistinct(productAt(0.701), productAt(1.2))).toBe(false);
  expect(isDistinct(productAt(0.4), productAt(0.502))).toBe(true);
  expect(isDistinct(productAt(0.4), productAt(0.498))).toBe(false);
  // Without a second candidate its angle is a right one.
  expect(isDistinct(productAt(0.69), 0)).toBe(true);
  expect(isDistinct(0, 0)).toBe(false);
});

test('a row matches its own copy among thousands of strangers', () => {
  const first = randomDescriptors(1, 300);
  const other = randomDescriptors(2, 2100);
  for (let i = 0; i < 300; i++) other.set(first.subarray(i * 128, (i + 1) * 128), (7 * i + 3) * 128);
  const want = Array.from({ length: 300 }, (_, i) => [i, 7 * i + 3]).flat();
  expect([...matchCpu(first, [other])[0].matches]).toEqual(want);
});

test('what one photo matches does not depend on those before it, larger or smaller', () => {
  const { first, other } = pairOf(80, 90, 110);
  const others = [other, randomDescriptors(81, 600), new Uint8Array(0), pairOf(82, 10, 3).other, other];
  const together = matchCpu(first, others);
  expect(together.map(({ matches }) => matches)).toEqual(others.map((one) => matchCpu(first, [one])[0].matches));
  expect(together[0].matches.length).toBeGreaterThan(20);
  expect(matchCpu(first, [])).toEqual([]);
});

test('without WebAssembly the matches are the same', async () => {
  vi.stubGlobal('WebAssembly', undefined);
  vi.resetModules();
  const { matchCpu: matchWithout } = await import('../../../src/core/sfm/matchCpu.ts');
  const { wasmMatcher: matcherWithout } = await import('../../../src/core/sfm/matchWasm.ts');
  const { first, other } = pairOf(84, 40, 50);
  expect(matcherWithout()).toBeNull();
  expect(matchWithout(first, [other, other])).toEqual(matchCpu(first, [other, other]));
  vi.unstubAllGlobals();
});

test('a photo with 32,768 features fits', () => {
  const many = new Uint8Array(32768 * 128);
  const few = randomDescriptors(83, 5);
  few.forEach((value, k) => (many[(32000 + 9 * (k >> 7)) * 128 + (k & 127)] = value));
  const want = [0, 32000, 1, 32009, 2, 32018, 3, 32027, 4, 32036];
  expect([...matchCpu(few, [many])[0].matches]).toEqual(want);
  const swapped = want.map((_, k) => want[k ^ 1]);
  expect([...matchCpu(many, [few])[0].matches]).toEqual(swapped);
});

test('the committed module is what its source compiles to, and small enough to compile on any thread', async () => {
  const binary = await compileMatcher();
  const committed = readFileSync(new URL('../../../src/core/sfm/wasm/matchModule.ts', import.meta.url), 'utf8');
  expect(committed).toBe(moduleSource(binary));
  expect(binary.length).toBeLessThan(2048);
});
