/** A switch with hysteresis: the times and values at which it turns, and that it does not in between. */
import { expect, test } from 'vitest';
import { createSwitch } from '../../src/core/image/captureGuideSwitch.ts';

const rule = { on: 5, off: 3, riseMs: 200, fallMs: 400 };

test('turns on after its time at or above `on`, off after its time below `off`', () => {
  const update = createSwitch(rule).update;
  expect([0, 100, 199].map((t) => update(5, t))).toEqual([false, false, false]);
  expect(update(5, 200)).toBe(true);
  expect([300, 600, 699].map((t) => update(2.9, t))).toEqual([true, true, true]);
  expect(update(2.9, 700)).toBe(false);
});

test('a value between the two, or none, changes nothing and starts the time anew', () => {
  const update = createSwitch(rule).update;
  update(6, 0);
  expect(update(4, 100)).toBe(false);
  expect(update(6, 250)).toBe(false);
  expect(update(6, 450)).toBe(true);
  expect([500, 900, 1400].map((t) => update(4, t))).toEqual([true, true, true]);
  expect([1500, 2500].map((t) => update(Number.NaN, t))).toEqual([true, true]);
});
