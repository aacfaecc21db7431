/** The constants of a frame against the WGSL struct they fill, the depth keys, and when an order is stale. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { PinholeView } from '../../src/core/scene/camera.ts';
import { depthRange, frameBytes, keyBits, keyRange, packFrame } from '../../src/core/view/frameConstants.ts';
import { guardPx, needsSort, sortedFor } from '../../src/core/view/sortPolicy.ts';
import type { Box, ViewFrame } from '../../src/core/view/splatRenderer.ts';

const view: PinholeView = { widthPx: 640, heightPx: 480, fx: 500, fy: 500, cx: 320, cy: 240, pose: { q: [1, 0, 0, 0], t: [0, 0, 0] } };
const frame: ViewFrame = {
  view,
  near: 0.1,
  shDegree: 0,
  background: [0.1, 0.2, 0.3, 0.4],
  exposure: 1.5,
  crop: { low: [1, 2, 3], high: [4, 5, 6] },
};
const box: Box = { low: [-1, -1, 2], high: [1, 1, 8] };

test('words lie where the WGSL struct has them', () => {
  const code = readFileSync(new URL('../../shaders/view/view_frame.wgsl', import.meta.url), 'utf8');
  const fields = [...code.matchAll(/^ {2}(\w+): (vec3f|vec4f|f32|u32)/gm)].map(([, name, type]) => ({ name, type }));
  const sizes: Record<string, [size: number, align: number]> = { vec3f: [12, 16], vec4f: [16, 16], f32: [4, 4], u32: [4, 4] };
  const offsets: Record<string, number> = {};
  let at = 0;
  for (const { name, type } of fields) {
    const [size, align] = sizes[type];
    at = Math.ceil(at / align) * align;
    offsets[name] = at / 4;
    at += size;
  }
  expect(at).toBe(frameBytes);
  const bytes = packFrame(frame, { base: 7, shift: 5 }, 9, 0.25);
  const [f, u] = [new Float32Array(bytes.buffer), new Uint32Array(bytes.buffer)];
  const floats = (name: string, n: number): number[] =>
    [...f.subarray(offsets[name], offsets[name] + n)].map((x) => Math.round(x * 1e6) / 1e6);
  expect(floats('crop_low', 3)).toEqual([1, 2, 3]);
  expect(floats('crop_high', 3)).toEqual([4, 5, 6]);
  expect(floats('background', 4)).toEqual([0.1, 0.2, 0.3, 0.4]);
  expect([...floats('min_contribution', 1), ...floats('exposure', 1), ...floats('guard', 1)]).toEqual([0.25, 1.5, 9]);
  expect([u[offsets['key_base']], u[offsets['key_shift']], u[offsets['key_max']]]).toEqual([7, 5, 2 ** keyBits - 1]);
});

test('keys keep the order of depths and fit their bits', () => {
  expect(depthRange(view, box, 0.1)).toEqual([2, 8]);
  expect(depthRange({ ...view, pose: { q: [0, 0, 1, 0], t: [0, 0, 0] } }, box, 0.1)).toEqual([0.1, 0.1]);
  const { base, shift } = keyRange(view, box, 0.1);
  const key = (depth: number): number => (new Uint32Array(new Float32Array([depth]).buffer)[0] - base) >>> shift;
  let last = -1;
  for (let depth = 2; depth <= 8; depth *= 1.0001) {
    expect(key(depth)).toBeGreaterThanOrEqual(last);
    last = key(depth);
  }
  expect(key(2)).toBe(0);
  expect(key(8)).toBeLessThan(2 ** keyBits);
  // Two octaves over 2^18 keys: apart by a twenty-thousandth is apart in the order.
  expect(key(4.0002)).toBeGreaterThan(key(4));
});

test('an order is stale after a turn, a move, another lens, size or scene; not after less', () => {
  const at = (changes: Partial<PinholeView>, splats = 10) => sortedFor({ ...frame, view: { ...view, ...changes } }, splats);
  const before = at({});
  const turned = (degrees: number): PinholeView['pose'] => ({
    q: [Math.cos((degrees / 360) * Math.PI), 0, Math.sin((degrees / 360) * Math.PI), 0],
    t: [0, 0, 0],
  });
  const stale = (now: ReturnType<typeof at>): boolean => needsSort(before, now, box);
  expect(needsSort(null, before, box)).toBe(true);
  expect(stale(at({}))).toBe(false);
  expect([stale(at({ pose: turned(0.4) })), stale(at({ pose: turned(0.6) }))]).toEqual([false, true]);
  // The nearest part of the scene is two units away.
  expect([stale(at({ pose: { q: [1, 0, 0, 0], t: [0.009, 0, 0] } })), stale(at({ pose: { q: [1, 0, 0, 0], t: [0.011, 0, 0] } }))]).toEqual([
    false,
    true,
  ]);
  expect([stale(at({ fx: 501 })), stale(at({ widthPx: 641 })), stale(at({}, 11))]).toEqual([true, true, true]);
  expect(needsSort(before, sortedFor({ ...frame, crop: null }, 10), box)).toBe(true);
});

test('the guard band is what half a degree brings in', () => {
  expect(guardPx(view)).toBeGreaterThanOrEqual(Math.tan((0.5 / 180) * Math.PI) * view.fx);
});
