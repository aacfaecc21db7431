/** Brush and lasso against the plain rules in f64, and what they mean by the visible surface. */
import { describe, expect, test } from 'vitest';
import { createRandom } from '../../src/core/math/random.ts';
import { type Vector3, matrixOfQuaternion, rotateBack, rotateVector } from '../../src/core/math/rotation.ts';
import type { PinholeView } from '../../src/core/scene/camera.ts';
import { countBits, hasBit } from '../../src/core/scene/edit/bits.ts';
import { coarseDepth } from '../../src/core/scene/edit/coarseDepth.ts';
import type { EditableSplats } from '../../src/core/scene/edit/editedState.ts';
import { inBrush, inLasso } from '../../src/core/scene/edit/select.ts';

const random = createRandom(12);
const view: PinholeView = {
  widthPx: 320,
  heightPx: 200,
  fx: 240,
  fy: 250,
  cx: 170,
  cy: 90,
  pose: { q: [0.8, -0.36, 0.48, 0], t: [0.3, -0.2, 2] },
};
const turn = matrixOfQuaternion(view.pose.q);

/** The point of the world that is seen at a pixel and depth. */
function worldAt(xPx: number, yPx: number, depth: number): Vector3 {
  const c = [((xPx - view.cx) / view.fx) * depth, ((yPx - view.cy) / view.fy) * depth, depth];
  return rotateBack(
    turn,
    [0, 1, 2].map((k) => c[k] - view.pose.t[k]),
  );
}

/** Pixel and depth of a point, by the pinhole's own formula. */
function pixelOf(mean: ArrayLike<number>): Vector3 {
  const [x, y, z] = rotateVector(turn, mean).map((value, k) => value + view.pose.t[k]);
  return [(view.fx * x) / z + view.cx, (view.fy * y) / z + view.cy, z];
}

/** Some in the picture, some beside it, some behind the camera. */
const means = Float32Array.from(
  Array.from({ length: 4000 }, () => worldAt(500 * random() - 90, 400 * random() - 100, 6 * random() - 1)).flat(),
);
const places = Array.from({ length: 4000 }, (_, i) => pixelOf(means.subarray(3 * i, 3 * i + 3)));
const isSeen = ([x, y, z]: Vector3): boolean => z > 0 && x >= 0 && y >= 0 && x <= view.widthPx && y <= view.heightPx;

/** Splats on which the rule and the selection differ, but for those within a thousandth of a pixel of the border. */
const strays = (bits: Uint8Array, rule: (place: Vector3) => number): number =>
  places.filter((place, i) => {
    const signed = isSeen(place) ? rule(place) : -1;
    return Math.abs(signed) > 1e-3 && hasBit(bits, i) !== signed > 0;
  }).length;

/** Distance to a segment by asking a thousand of its points. */
function distanceTo([x, y]: Vector3, [ax, ay]: number[], [bx, by]: number[]): number {
  let least = Infinity;
  for (let k = 0; k <= 1000; k++) least = Math.min(least, Math.hypot(x - ax - ((bx - ax) * k) / 1000, y - ay - ((by - ay) * k) / 1000));
  return least;
}

describe('a brush', () => {
  test('means what is near its line, round at the ends and corners, and nothing beside the picture', () => {
    const stroke = [[10, 20], [150, 60], [150, 60], [120, 150], [330, 190]]; // prettier-ignore
    const chosen = inBrush(means, view, Float32Array.from(stroke.flat()), 14, { through: true });
    const rule = (place: Vector3): number => 14 - Math.min(...stroke.slice(1).map((point, k) => distanceTo(place, stroke[k], point)));
    // The thousand points are up to 0.1 px away from the nearest one of the line, which moves the distance by less than 0.001 px there.
    expect(strays(chosen, rule)).toBe(0);
    expect(countBits(chosen)).toBeGreaterThan(100);
  });

  test('of one point is a dab, and of none is nothing', () => {
    const dab = inBrush(means, view, Float32Array.of(160, 100), 40, { through: true });
    expect(strays(dab, ([x, y]) => 40 - Math.hypot(x - 160, y - 100))).toBe(0);
    expect(countBits(dab)).toBeGreaterThan(25);
    expect(countBits(inBrush(means, view, new Float32Array(), 40, { through: true }))).toBe(0);
  });
});

describe('a lasso', () => {
  test('means what is inside a star by the even-odd rule: its middle is not', () => {
    const [cx, cy, radius] = [160, 100, 90];
    const star = Array.from({ length: 5 }, (_, k) => (Math.PI * (4 * k + 0.5)) / 5).map((a) => [
      cx + radius * Math.cos(a),
      cy + radius * Math.sin(a),
    ]);
    const chosen = inLasso(means, view, Float32Array.from(star.flat()));
    // Inside a pentagram are the points on the inner side of four of its five lines exactly; of all five in the middle.
    const sides = ([x, y]: Vector3): number[] =>
      star.map(([ax, ay], k) => {
        const [bx, by] = star[(k + 1) % 5];
        return ((bx - ax) * (y - ay) - (by - ay) * (x - ax)) / Math.hypot(bx - ax, by - ay);
      });
    const rule = (place: Vector3): number => {
      const all = sides(place);
      const nearest = Math.min(...all.map(Math.abs));
      return all.filter((side) => side > 0).length === 4 ? nearest : -nearest;
    };
    expect(strays(chosen, rule)).toBe(0);
    expect(countBits(chosen)).toBeGreaterThan(80);
  });

  test('of two points encloses nothing', () => {
    expect(countBits(inLasso(means, view, Float32Array.of(0, 0, 320, 200)))).toBe(0);
  });
});

describe('the visible surface', () => {
  /** Two walls behind one another at depths 2 and 3, dense, with splats as large as their spacing. */
  const wall = (depth: number): number[] =>
    Array.from({ length: 6000 }, (_, i) => worldAt(2 + (i % 100) * 3.2, 1 + Math.floor(i / 100) * 3.3, depth)).flat();
  const both = Float32Array.from([...wall(2), ...wall(3)]);
  const walls: EditableSplats = {
    count: 12_000,
    means: both,
    logScales: new Float32Array(36_000).fill(Math.log(0.03)),
    opacityLogits: new Float32Array(12_000).fill(2),
  };
  const stroke = Float32Array.of(60, 60, 260, 140);
  const behind = (bits: Uint8Array): number => Array.from({ length: 6000 }, (_, i) => i + 6000).filter((i) => hasBit(bits, i)).length;

  test('is the wall in front; through it the brush means both', () => {
    const seen = inBrush(both, view, stroke, 25, { through: false, depthAt: coarseDepth(walls, view) });
    const all = inBrush(both, view, stroke, 25, { through: true });
    expect(behind(all)).toBeGreaterThan(900);
    expect(behind(seen)).toBe(0);
    expect(countBits(seen)).toBe(countBits(all) - behind(all));
  });

  test('is the wall behind where the one in front is gone or lets more than half of the light through', () => {
    const hidden = new Uint8Array(12_000).fill(1, 0, 6000);
    const through = inBrush(both, view, stroke, 25, { through: true });
    const gone = inBrush(both, view, stroke, 25, { through: false, depthAt: coarseDepth(walls, view, hidden) });
    expect(behind(gone)).toBe(behind(through));
    const faint = { ...walls, opacityLogits: walls.opacityLogits.map((logit, i) => (i < 6000 ? -5 : logit)) };
    expect(behind(inBrush(both, view, stroke, 25, { through: false, depthAt: coarseDepth(faint, view) }))).toBe(behind(through));
  });
});
