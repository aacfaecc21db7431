/**
 * The floater filter on a made-up scene whose floaters are known: ground, an object and a coarse backdrop that are to stay; splats strewn
 * in the air, haze and giants that are to go.
 */
import { describe, expect, test } from 'vitest';
import { createRandom } from '../../src/core/math/random.ts';
import { countBits, hasBit, minus } from '../../src/core/scene/edit/bits.ts';
import type { EditableSplats } from '../../src/core/scene/edit/editedState.ts';
import { floaterScores, floatersAt } from '../../src/core/scene/edit/floaters.ts';

interface Part {
  count: number;
  isFloater: boolean;
  place: () => [number, number, number];
  scale: number;
  opacity: () => number;
}

const random = createRandom(7);
const between = (low: number, high: number): number => low + (high - low) * random();
const onSphere = (radius: number, top: boolean): [number, number, number] => {
  const z = top ? random() : between(-1, 1);
  const [angle, r] = [2 * Math.PI * random(), Math.sqrt(1 - z * z)];
  return [radius * r * Math.cos(angle), -radius * z, radius * r * Math.sin(angle)];
};
const raised = ([x, y, z]: [number, number, number]): [number, number, number] => [x, y - 0.7, z];

const parts: Record<string, Part> = {
  ground: { count: 12_000, isFloater: false, place: () => [between(-2, 2), between(-0.01, 0.01), between(-2, 2)], scale: 0.02, opacity: () => between(0.05, 0.99) }, // prettier-ignore
  object: { count: 8000, isFloater: false, place: () => raised(onSphere(0.7, false)), scale: 0.015, opacity: () => between(0.05, 0.99) },
  backdrop: { count: 1500, isFloater: false, place: () => onSphere(9, true), scale: 0.45, opacity: () => between(0.5, 0.95) },
  strewn: { count: 1200, isFloater: true, place: () => [between(-2, 2), between(-2.2, -0.2), between(-2, 2)], scale: 0.06, opacity: () => between(0.03, 0.5) }, // prettier-ignore
  haze: { count: 300, isFloater: true, place: () => [between(-6, 6), between(-4, 0), between(-6, 6)], scale: 0.2, opacity: () => between(0.02, 0.3) }, // prettier-ignore
  giants: { count: 30, isFloater: true, place: () => [between(-2, 2), between(-2, 0), between(-2, 2)], scale: 3, opacity: () => between(0.02, 0.5) }, // prettier-ignore
};

function splatsOf(list: readonly Part[]): EditableSplats {
  const [means, logScales, opacityLogits]: number[][] = [[], [], []];
  for (const { count, place, scale, opacity } of list) {
    for (let i = 0; i < count; i++) {
      means.push(...place());
      logScales.push(...[1, 1, 0.4].map((share) => Math.log(scale * share * between(0.6, 1.4))));
      const o = opacity();
      opacityLogits.push(Math.log(o / (1 - o)));
    }
  }
  return {
    count: opacityLogits.length,
    means: Float32Array.from(means),
    logScales: Float32Array.from(logScales),
    opacityLogits: Float32Array.from(opacityLogits),
  };
}

const scene = splatsOf(Object.values(parts));
const isFloater = Object.values(parts).flatMap(({ count, isFloater: is }) => Array<boolean>(count).fill(is));
const scores = floaterScores(scene);

/** Shares of what is taken that are floaters, and of the floaters that are taken. */
function figuresAt(strength: number): { precision: number; recall: number } {
  const taken = floatersAt(scores, strength);
  const right = isFloater.filter((is, i) => is && hasBit(taken, i)).length;
  return { precision: right / countBits(taken), recall: right / isFloater.filter(Boolean).length };
}

describe('floaters', () => {
  test.each([
    [0.3, 0.99, 0.15],
    [0.6, 0.97, 0.5],
    [1, 0.93, 0.7],
  ])('at strength %f: what goes are floaters, and of these most', (strength, precision, recall) => {
    const figures = figuresAt(strength);
    expect(figures.precision).toBeGreaterThan(precision);
    expect(figures.recall).toBeGreaterThan(recall);
  });

  test('no giant outlives strength 0.6', () => {
    const first = scene.count - parts['giants'].count;
    const taken = floatersAt(scores, 0.6);
    expect(Array.from({ length: parts['giants'].count }, (_, k) => hasBit(taken, first + k))).not.toContain(false);
  });

  test('none go at 0, and a greater strength never brings one back', () => {
    expect(countBits(floatersAt(scores, 0))).toBe(0);
    const steps = Array.from({ length: 21 }, (_, k) => floatersAt(scores, k / 20));
    for (let k = 1; k < steps.length; k++) expect(countBits(minus(steps[k - 1], steps[k]))).toBe(0);
    expect(countBits(steps[20])).toBeGreaterThan(countBits(steps[6]));
  });

  test('never more than a third goes, even where nearly half of a scene is in the air', () => {
    const airy = splatsOf([
      { ...parts['object'], count: 1200 },
      { ...parts['haze'], count: 1000, place: () => [between(-6, 6), between(-6, 6), between(-6, 6)], scale: 0.05 },
    ]);
    const taken = countBits(floatersAt(floaterScores(airy), 1));
    expect(taken).toBeLessThanOrEqual(airy.count / 3);
    expect(taken).toBeGreaterThan(airy.count / 4);
  });

  test('a scene ten times as large and moved has the same floaters, but for a few on the border of a cell', () => {
    const means = scene.means.map((x, k) => 10 * x + [30, -20, 5][k % 3]);
    const moved = { ...scene, means, logScales: scene.logScales.map((x) => x + Math.log(10)) };
    const [here, there] = [floatersAt(scores, 0.6), floatersAt(floaterScores(moved), 0.6)];
    expect(countBits(minus(here, there)) + countBits(minus(there, here))).toBeLessThan(0.1 * countBits(here));
  });

  test('scenes of nothing, of one splat and of one place have scores and no floaters', () => {
    for (const count of [0, 1, 50]) {
      const one: EditableSplats = {
        count,
        means: new Float32Array(3 * count),
        logScales: new Float32Array(3 * count).fill(-20),
        opacityLogits: new Float32Array(count).fill(3),
      };
      expect(countBits(floatersAt(floaterScores(one), 1))).toBe(0);
    }
  });
});
