/** The camera in words, and the hint that a scene can be turned. */
import { describe, expect, test } from 'vitest';
import { describeView, viewName, viewNames } from '../../../src/viewer/camera/describe.ts';
import { promptHand, promptLengthMs, promptOffset, promptRuns } from '../../../src/viewer/camera/interactionPrompt.ts';

const degree = Math.PI / 180;
const at = (theta: number, phi = 90) => ({ theta: theta * degree, phi: phi * degree });

describe('describeView', () => {
  test.each([
    [0, 90, 'front'],
    [22, 90, 'front'],
    [23, 90, 'front-right'],
    [90, 90, 'right'],
    [180, 90, 'back'],
    [-180, 90, 'back'],
    [225, 90, 'back-left'],
    [-90, 90, 'left'],
    [-45, 90, 'front-left'],
    [3645, 90, 'front-right'],
    [-3645, 90, 'front-left'],
    [0, 59, 'upper-front'],
    [135, 30, 'upper-back-right'],
    [0, 121, 'lower-front'],
    [270, 179.9, 'lower-left'],
  ])('%d, %d is %s', (theta, phi, name) => {
    expect(viewName(at(theta, phi))).toBe(name);
    expect(describeView(at(theta, phi))).toBe(`View from stage ${name}`);
  });

  test('there are 24 names and a camera for each', () => {
    const seen = new Set<string>();
    for (let theta = -400; theta < 400; theta += 7) for (const phi of [0, 30, 90, 150, 180]) seen.add(viewName(at(theta, phi)));
    expect([...seen].sort()).toEqual([...viewNames].sort());
    expect(seen.size).toBe(24);
  });

  test('a table of the page, with the four directions of <model-viewer> or with all', () => {
    const words = { front: 'Von vorn', 'upper-right': 'Von rechts oben', 'front-left': 'Von vorn links' };
    expect(describeView(at(30), words)).toBe('Von vorn');
    expect(describeView(at(80, 20), words)).toBe('Von rechts oben');
    expect(describeView(at(-45), words)).toBe('Von vorn links');
    expect(describeView(at(180), words)).toBe('View from stage back');
  });

  test('a state that is no number still has words', () => {
    expect(describeView({ theta: NaN, phi: NaN })).toContain('View from stage');
    expect(describeView({ theta: Infinity, phi: -1 })).toContain('View from stage');
  });
});

describe('the interaction prompt', () => {
  test('rests before, after and at both ends, and ends in under five seconds', () => {
    for (const ms of [-1, 0, promptLengthMs, promptLengthMs + 1, NaN, Infinity]) expect(promptOffset(ms)).toBeCloseTo(0, 12);
    expect(promptRuns(promptLengthMs)).toBe(false);
    expect(promptLengthMs).toBeLessThan(5000);
    // No speed at the ends: the first hundredth moves less than a ten-thousandth.
    expect(Math.abs(promptHand(promptLengthMs / 100))).toBeLessThan(1e-3);
  });

  test('sways once to each side, as far, and returns', () => {
    const values = Array.from({ length: 1001 }, (_, k) => promptHand((k / 1000) * promptLengthMs));
    expect(Math.max(...values)).toBeCloseTo(1, 4);
    expect(Math.min(...values)).toBeCloseTo(-1, 4);
    expect(values.reduce((sum, x) => sum + x, 0)).toBeCloseTo(0, 6);
    const crossings = values.filter((x, k) => k > 0 && Math.sign(x) * Math.sign(values[k - 1]) < 0).length;
    expect(crossings).toBeLessThanOrEqual(1);
    expect(values[250] > 0 && values[750] < 0).toBe(true);
    expect(promptOffset(promptLengthMs / 4)).toBeLessThan(0);
  });
});
