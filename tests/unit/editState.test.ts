/** Sets of splats, regions, and what a list of operations comes to, step by step and at once. */
import { describe, expect, test } from 'vitest';
import { createRandom } from '../../src/core/math/random.ts';
import { addToMask, bitsOf, bitsOfMask, countBits, hasBit, minus, setBit } from '../../src/core/scene/edit/bits.ts'; // prettier-ignore
import { createEditKeeper, editedState } from '../../src/core/scene/edit/editedState.ts';
import type { EditOperation } from '../../src/core/scene/edit/operations.ts';
import { inBox, inSphere } from '../../src/core/scene/edit/select.ts';
import { type Splats, emptySplats } from '../../src/core/scene/splats.ts';

const random = createRandom(8);

function cloud(count: number): Splats {
  const splats = emptySplats(count, 0);
  for (let k = 0; k < 3 * count; k++) splats.means[k] = 4 * random() - 2;
  splats.logScales.fill(-4);
  return splats;
}

describe('sets', () => {
  test('are those of plain sets, and never hold what is not there', () => {
    const count = 1003;
    const draw = (): Set<number> => new Set(Array.from({ length: 300 }, () => Math.floor(count * random())));
    const [a, b] = [draw(), draw()];
    const [bitsA, bitsB] = [a, b].map((set) => {
      const bits = bitsOf(count);
      for (const i of set) setBit(bits, i);
      return bits;
    });
    const listed = (bits: Uint8Array): number[] => Array.from({ length: 8 * bits.length }, (_, i) => i).filter((i) => hasBit(bits, i));
    const all = Array.from({ length: count }, (_, i) => i);
    expect(listed(minus(bitsA, bitsB))).toEqual(all.filter((i) => a.has(i) && !b.has(i)));
    expect(listed(bitsOf(count, true))).toEqual(all);
    expect(countBits(bitsA)).toBe(a.size);
    const mask = new Uint8Array(count);
    expect(addToMask(bitsA, mask)).toBe(a.size);
    expect(bitsOfMask(mask)).toEqual(bitsA);
    expect(addToMask(bitsB, mask)).toBe([...b].filter((i) => !a.has(i)).length);
  });
});

describe('regions', () => {
  test('a box turned by 45 degrees about z holds what the closed form says', () => {
    const means = Float32Array.from([1.3, 0, 0, 0.9, 0.9, 0, 0, 1.3, 0.4, 0, 0, 0.6, NaN, 0, 0]);
    const axes: [number, number, number, number] = [Math.cos(Math.PI / 8), 0, 0, Math.sin(Math.PI / 8)];
    const box = { centre: [0, 0, 0] as [number, number, number], half: [1, 1, 0.5] as [number, number, number], axes };
    // Half a side is 1, so the corner is at sqrt(2) along x and the edge at 1 along the diagonal.
    expect([...Array(5).keys()].map((i) => hasBit(inBox(means, box), i))).toEqual([true, false, true, false, false]);
    const sphere = { centre: [1.3, 0, 0] as [number, number, number], radius: 0.99 };
    expect([...Array(5).keys()].map((i) => hasBit(inSphere(means, sphere), i))).toEqual([true, true, false, false, false]);
  });
});

describe('edited state', () => {
  const splats = cloud(2000);
  const sphere = (radius: number): EditOperation => ({ kind: 'crop-sphere', sphere: { centre: [0, 0, 0], radius } });
  const remove = (indices: number[]): EditOperation => {
    const bits = bitsOf(splats.count);
    for (const i of indices) setBit(bits, i);
    return { kind: 'delete', splats: bits, count: indices.length };
  };
  const hotspot = (id: string, text: string): EditOperation => ({
    kind: 'hotspot',
    hotspot: { id, text, position: [0, 0, 0], normal: null },
  });

  test('what is cut adds up, and the last word counts for the rest', () => {
    const state = editedState(
      [
        sphere(1.5),
        remove([3, 5]),
        hotspot('a', 'first'),
        hotspot('b', 'second'),
        hotspot('a', 'changed'),
        { kind: 'remove-hotspot', id: 'b' },
        { kind: 'background', colour: '#111111' },
        { kind: 'background', colour: '#222222' },
        { kind: 'start-view', view: { orbit: 'x', target: 'y', fieldOfView: 'z' } },
        { kind: 'start-view', view: null },
      ],
      splats,
    );
    const isGone = (i: number): boolean => i === 3 || i === 5 || Math.hypot(...splats.means.subarray(3 * i, 3 * i + 3)) > 1.5;
    expect([...state.hidden]).toEqual([...Array(2000).keys()].map((i) => (isGone(i) ? 1 : 0)));
    expect(state.hiddenCount).toBe([...state.hidden].filter(Boolean).length);
    expect(state).toMatchObject({ background: '#222222', startView: null, orient: null });
    expect(state.hotspots.map(({ id, text }) => [id, text])).toEqual([['a', 'changed']]);
  });

  test('kept step by step it is always the state from nothing', () => {
    const keeper = createEditKeeper(splats);
    const pool: EditOperation[] = [
      sphere(1.9),
      sphere(1.4),
      remove([1, 2, 3]),
      remove([100, 1999]),
      { kind: 'floaters', strength: 0.9 },
      { kind: 'floaters', strength: 0 },
      { kind: 'background', colour: '#333333' },
    ];
    let list: EditOperation[] = [];
    for (let step = 0; step < 60; step++) {
      const draw = random();
      const next = pool[Math.floor(pool.length * random())];
      if (draw < 0.5) list = [...list, next];
      else if (draw < 0.75) list = list.slice(0, -1);
      else list = [...list.slice(0, -1), next];
      const [kept, fresh] = [keeper.update(list), editedState(list, splats)];
      expect(kept.hiddenCount).toBe(fresh.hiddenCount);
      expect(kept.hidden).toEqual(fresh.hidden);
      expect({ ...kept, hidden: 0 }).toEqual({ ...fresh, hidden: 0 });
    }
  });
});
