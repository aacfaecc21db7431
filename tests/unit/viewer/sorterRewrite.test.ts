/** Rows that an editor rewrites, in the sorter that the WebGL2 renderer asks for orders and probes: what was hidden comes back. */
import { expect, test } from 'vitest';
import { emptySplats } from '../../../src/core/scene/splats.ts';
import { geometryWords, packSplats } from '../../../src/core/view/packedSplats.ts';
import { createSplatSorter } from '../../../src/core/view/splatSorter.ts';

const splats = emptySplats(3, 0);
for (let i = 0; i < 3; i++) {
  splats.means[3 * i + 2] = 2 + i;
  splats.logScales.fill(Math.log(0.2), 3 * i, 3 * i + 3);
  splats.quats[4 * i] = 1;
  splats.opacityLogits[i] = 3;
}
const rows = packSplats(splats).geometry;
const plane = { axis: [0, 0, 1] as const, offset: 0, nearest: 0 };
const view = { widthPx: 100, heightPx: 100, fx: 100, fy: 100, cx: 50, cy: 50, pose: { q: [1, 0, 0, 0], t: [0, 0, 0] } };
const frame = { view, near: 0.1, shDegree: 0, background: [0, 0, 0, 1], exposure: 1, crop: null } as never;

test('orders and probes follow rewritten rows, also of splats that came hidden', () => {
  const sorter = createSplatSorter();
  const order = (): number[] => {
    const reply = sorter.run({ type: 'order', id: 1, plane, exact: true, spare: null });
    return reply?.type === 'order' ? [...reply.order.subarray(0, reply.count)] : [];
  };
  const depth = (): number | null => {
    const reply = sorter.run({ type: 'probe', id: 2, frame, points: [{ xPx: 50, yPx: 50, depth: Infinity }] });
    return reply?.type === 'probe' ? reply.answers[0].surfaceDepth : null;
  };
  const hidden = rows.slice();
  hidden[4] &= 0xffff;
  sorter.run({ type: 'open', antialiased: false, capacity: 3 });
  sorter.run({ type: 'append', geometry: hidden });
  expect([order(), depth()]).toEqual([[2, 1], 3]);
  sorter.run({ type: 'rewrite', first: 0, geometry: rows.slice(0, geometryWords) });
  expect([order(), depth()]).toEqual([[2, 1, 0], 2]);
  sorter.run({ type: 'rewrite', first: 2, geometry: hidden.slice(0, geometryWords) });
  expect(order()).toEqual([1, 0]);
  // Beyond the last splat there is nothing to write to.
  sorter.run({ type: 'rewrite', first: 2, geometry: rows.slice() });
  sorter.run({ type: 'rewrite', first: 9, geometry: rows.slice() });
  expect(order().sort()).toEqual([0, 1, 2]);
});
