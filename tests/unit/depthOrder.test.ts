/** The CPU's depth order against a comparison sort: exact orders bit for bit, quick ones to their precision, and who is left out. */
import { expect, test } from 'vitest';
import { type ViewPlane, createDepthOrder } from '../../src/core/view/depthOrder.ts';
import { packSplats } from '../../src/core/view/packedSplats.ts';
import { isStale, planeFor } from '../../src/viewer/webgl/orderPolicy.ts';
import { createSplatSorter } from '../../src/core/view/splatSorter.ts';
import { emptySplats } from '../../src/core/scene/splats.ts';
import { randomNumbers } from '../randomScene.ts';

const axis: [number, number, number] = [0.36, -0.48, 0.8];

/** Packed rows at the given positions, [n, 3], all of opacity one half but where a logit is given. */
function rowsAt(means: ArrayLike<number>, logits: Record<number, number> = {}): Uint32Array<ArrayBuffer> {
  const splats = emptySplats(means.length / 3, 0);
  splats.means.set(Array.from(means));
  splats.quats.fill(1);
  for (const [index, logit] of Object.entries(logits)) splats.opacityLogits[Number(index)] = logit;
  return packSplats(splats).geometry;
}

function cloud(seed: number, count: number): Float32Array {
  const random = randomNumbers(seed);
  // Most within a few units, some very far, as scenes are.
  return Float32Array.from({ length: 3 * count }, () => (random() - 0.5) * (random() < 0.05 ? 4000 : 6));
}

const depthOf = (means: Float32Array, i: number, { offset }: ViewPlane): number =>
  axis[0] * means[3 * i] + axis[1] * means[3 * i + 1] + axis[2] * means[3 * i + 2] + offset;

function orderOf(rows: Uint32Array, plane: ViewPlane, exact: boolean): number[] {
  const out = new Uint32Array(rows.length / 8);
  const { count } = createDepthOrder().order(rows, out.length, plane, exact, out);
  return Array.from(out.subarray(0, count));
}

test('an exact order is that of a comparison sort: farthest first, equal depths by falling index', () => {
  const means = cloud(1, 5000);
  for (let k = 0; k < 300; k++) means.copyWithin(3 * (2 * k + 1000), 3 * k, 3 * k + 3);
  const plane: ViewPlane = { axis, offset: 1.5, nearest: 0.2 };
  const key = (i: number): number => Math.fround(depthOf(means, i, plane) - plane.nearest);
  const expected = Array.from({ length: 5000 }, (_, i) => i).filter((i) => key(i) > 0);
  expected.sort((i, j) => key(j) - key(i) || j - i);
  expect(expected.length).toBeGreaterThan(2000);
  expect(orderOf(rowsAt(means), plane, true)).toEqual(expected);
});

test('a quick order holds the same splats and never swaps depths that differ by a hundred thousandth', () => {
  const means = cloud(2, 20_000);
  const plane: ViewPlane = { axis, offset: 2, nearest: -0.1 };
  const quick = orderOf(rowsAt(means), plane, false);
  expect([...quick].sort((a, b) => a - b)).toEqual(orderOf(rowsAt(means), plane, true).sort((a, b) => a - b));
  let nearestSoFar = Infinity;
  for (const i of quick) {
    const beyond = depthOf(means, i, plane) - plane.nearest;
    expect(beyond).toBeLessThan(nearestSoFar * (1 + 1e-5));
    nearestSoFar = Math.min(nearestSoFar, beyond);
  }
});

test('left out: splats that are behind, that nobody can see, and whose place is no number', () => {
  const means = [0, 0, 5, 0, 0, -5, 0, 0, 7, NaN, 0, 1, 0, 0, Infinity, 0, 0, 6];
  const plane: ViewPlane = { axis: [0, 0, 1], offset: 0, nearest: 0 };
  // A logit of -6 is an opacity of 0.0025, below 1/255.
  expect(orderOf(rowsAt(means, { 2: -6 }), plane, true)).toEqual([5, 0]);
});

test('nothing, one splat, and equal depths throughout', () => {
  const plane: ViewPlane = { axis: [0, 0, 1], offset: 3, nearest: 0 };
  expect(orderOf(rowsAt([]), plane, true)).toEqual([]);
  expect(orderOf(rowsAt([1, 2, -9]), plane, true)).toEqual([]);
  expect(orderOf(rowsAt([1, 2, 3]), plane, false)).toEqual([0]);
  expect(orderOf(rowsAt([1, 2, 3, 4, 5, 3, 0, 9, 3]), plane, false)).toEqual([2, 1, 0]);
});

test('the median depth is that of the middle splat, and one order after another needs no new memory', () => {
  const order = createDepthOrder();
  const out = new Uint32Array(3);
  const plane: ViewPlane = { axis: [0, 0, 1], offset: 1, nearest: 0 };
  const rows = rowsAt([0, 0, 1, 0, 0, 8, 0, 0, 3]);
  expect(order.order(rows, 3, plane, true, out)).toEqual({ count: 3, medianDepth: 4 });
  expect(order.order(rows, 1, plane, true, out)).toEqual({ count: 1, medianDepth: 2 });
  expect(out[0]).toBe(0);
});

test('a sorter appends, hides and answers every question once', () => {
  const sorter = createSplatSorter();
  const plane: ViewPlane = { axis: [0, 0, 1], offset: 0, nearest: 0 };
  const ask = (id: number): number[] => {
    const reply = sorter.run({ type: 'order', id, plane, exact: true, spare: null });
    if (reply?.type !== 'order') throw new Error('no order');
    expect([reply.id, reply.order.length % 4096]).toEqual([id, 0]);
    return Array.from(reply.order.subarray(0, reply.count));
  };
  expect(sorter.run({ type: 'open', antialiased: false, capacity: 1 })).toBeNull();
  expect(ask(1)).toEqual([]);
  sorter.run({ type: 'append', geometry: rowsAt([0, 0, 2, 0, 0, 1]) });
  sorter.run({ type: 'append', geometry: rowsAt([0, 0, 3, 0, 0, 4, 0, 0, 5]) });
  expect(ask(2)).toEqual([4, 3, 2, 0, 1]);
  sorter.run({ type: 'hide', indices: Uint32Array.of(3, 0, 77) });
  expect(ask(3)).toEqual([4, 2, 1]);
  sorter.run({ type: 'open', antialiased: false, capacity: 0 });
  expect(ask(4)).toEqual([]);
});

test('an order is stale after a turn or when it could lack something, not after a move sideways', () => {
  const turnedBy = (degrees: number): [number, number, number] => [
    Math.sin((degrees * Math.PI) / 180),
    0,
    Math.cos((degrees * Math.PI) / 180),
  ];
  const { margin } = planeFor([0, 0, 1], 4, 4);
  const made = { axis: [0, 0, 1], offset: 4, margin, edition: 3 } as const;
  expect(margin).toBeGreaterThan(0);
  expect(isStale(null, [0, 0, 1], 4, 3)).toBe(true);
  expect(isStale(made, [0, 0, 1], 4, 3)).toBe(false);
  expect(isStale(made, turnedBy(0.1), 4, 3)).toBe(false);
  expect(isStale(made, turnedBy(1), 4, 3)).toBe(true);
  expect(isStale(made, turnedBy(180), 4, 3)).toBe(true);
  expect(isStale(made, [0, 0, 1], 4 + 0.9 * margin, 3)).toBe(false);
  expect(isStale(made, [0, 0, 1], 4 + 1.1 * margin, 3)).toBe(true);
  expect(isStale(made, [0, 0, 1], 4, 4)).toBe(true);
});
