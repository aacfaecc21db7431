/**
 * The capture guide on frames cut from one wide picture: speeds in whole pixels per frame, so what it should measure is known exactly.
 * 320 px wide at ten frames per second: one pixel per frame is 1/32 width per second.
 */
import { describe, expect, test } from 'vitest';
import { createCaptureGuide, type CaptureGuide, type Guidance, overdueChange, wantedChange } from '../../src/core/image/captureGuide.ts';
import { feedbackKinds } from '../../src/core/image/captureGuideFeedback.ts';
import type { GreyImage } from '../../src/core/sfm/grey.ts';
import { changed, discs } from './greyTestImages.ts';

const [widthPx, heightPx, stepMs] = [320, 180, 100];
const panorama = discs(2000, heightPx, 7, 0, 0, 900);

/** The view whose left edge is at x, a whole pixel. */
const view = (x: number): GreyImage => ({
  widthPx,
  heightPx,
  values: Float32Array.from({ length: widthPx * heightPx }, (_, i) => panorama.values[Math.floor(i / widthPx) * 2000 + x + (i % widthPx)]),
});

/** Mean of 2r+1 pixels along each row, as a camera moved sideways blurs. */
function smeared(image: GreyImage, r: number): GreyImage {
  const values = image.values.map((_, i) => {
    let sum = 0;
    const [row, column] = [i - (i % image.widthPx), i % image.widthPx];
    for (let k = -r; k <= r; k++) sum += image.values[row + Math.min(image.widthPx - 1, Math.max(0, column + k))];
    return sum / (2 * r + 1);
  });
  return { ...image, values };
}

interface Walk {
  guide: CaptureGuide;
  /** Looks at frames from place `x` on; every frame moves by `px`. Gives what was said at each. */
  go(frames: number, px: number, look?: (image: GreyImage) => GreyImage): Guidance[];
  /** Obeys the automatic shutter from now on, and counts. */
  shots: { x: number; timeMs: number }[];
  auto: boolean;
}

function walk(): Walk {
  let [x, timeMs] = [0, 0];
  const self: Walk = {
    guide: createCaptureGuide(),
    shots: [],
    auto: false,
    go(frames, px, look = (image) => image) {
      return Array.from({ length: frames }, () => {
        const said = self.guide.look({ image: look(view(x)), timeMs });
        if (self.auto && said.shootNow) {
          self.guide.shot();
          self.shots.push({ x, timeMs });
        }
        x += px;
        timeMs += stepMs;
        return said;
      });
    },
  };
  return self;
}

const last = (said: Guidance[]): Guidance => said[said.length - 1];
/** How often the words changed. */
const changes = (said: Guidance[]): number =>
  said.filter(({ feedback }, i) => i > 0 && feedback.join() !== said[i - 1].feedback.join()).length;

describe('movement', () => {
  test.each([0, 2, 6, 12, 20])('a pan of %i px per frame is measured in widths per second', (px) => {
    const said = walk().go(10, px).slice(1);
    for (const { speed } of said) expect(speed).toBeCloseTo(px / 32, 1);
  });

  test('too fast is said from half a width per second on, after a moment, and goes when it has been slow for a while', () => {
    const path = walk();
    expect(path.go(12, 10).every(({ feedback }) => feedback[0] === 'good')).toBe(true);
    const fast = path.go(10, 20);
    expect(fast[1].feedback).toEqual(['good']);
    expect(last(fast).feedback).toEqual(['moving-too-fast']);
    const slow = path.go(12, 2);
    expect(slow[1].feedback).toEqual(['moving-too-fast']);
    expect(last(slow).feedback).toEqual(['good']);
    expect(changes([...fast, ...slow])).toBe(2);
  });

  test('speeds about the threshold do not flicker', () => {
    const path = walk();
    path.go(5, 20);
    // 0.41 and 0.53 widths per second in turn: once said, it stays.
    const said = Array.from({ length: 16 }, (_, i) => path.go(1, i % 2 ? 13 : 17)[0]);
    expect(changes(said.slice(2))).toBe(0);
  });

  test('a camera that changes its exposure has not moved', () => {
    const path = walk();
    path.go(3, 0);
    path.guide.shot();
    const said = path.go(4, 0, (image) => changed(image, (value) => 0.2 + 0.8 * value));
    for (const { speed, change } of said) {
      expect(speed).toBeLessThan(0.02);
      expect(change).toBe(0);
    }
  });
});

describe('difference to the last shot', () => {
  test.each([
    [8, 32],
    [3, 64],
    [5, 80],
    [10, 160],
  ])('at %i px per frame, %i px on', (px, way) => {
    const path = walk();
    path.go(1, px);
    path.guide.shot();
    const change = last(path.go(way / px, px)).change ?? Number.NaN;
    expect(Math.abs(change - way / widthPx)).toBeLessThan(0.03);
  });

  test('twenty seconds without movement adds up to nothing, with noise', () => {
    const path = walk();
    path.go(1, 0);
    path.guide.shot();
    let seed = 1;
    const noise = (): number => (seed = (seed * 16807) % 2147483647) / 2147483647 - 0.5;
    const said = path.go(200, 0, (image) => changed(image, (value) => value + 0.03 * noise()));
    expect(Math.max(...said.map(({ change }) => change ?? 1))).toBeLessThan(0.01);
  });

  test('a shake in which everything is lost is no movement once the camera is back', () => {
    const path = walk();
    path.go(2, 0);
    path.guide.shot();
    const shaken = path.go(2, 0, (image) => smeared(image, 60));
    expect(last(shaken).change).toBeGreaterThan(0.5);
    expect(last(path.go(2, 0)).change).toBe(0);
  });

  test('the same view again is called too similar after a while, and no more when it is another', () => {
    const path = walk();
    path.go(2, 0);
    path.guide.shot();
    const still = path.go(20, 0);
    expect([still[2].feedback, last(still).feedback]).toEqual([['good'], ['too-similar']]);
    expect(last(path.go(15, 4)).feedback).toEqual(['good']);
  });
});

describe('light', () => {
  const lit = (factor: number) => (image: GreyImage) => changed(image, (value) => factor * value);

  test('little light is a warning, hardly any a stop, and only the worse of them is said', () => {
    expect(last(walk().go(20, 0, lit(0.25))).feedback).toContain('low-light');
    const dark = last(walk().go(20, 0, lit(0.05))).feedback;
    expect(dark[0]).toBe('too-dark');
    expect(dark).not.toContain('low-light');
    expect([feedbackKinds['low-light'], feedbackKinds['too-dark']]).toEqual(['warning', 'stop']);
  });

  test('burnt-out views are too bright', () => {
    const said = walk().go(20, 0, (image) => changed(image, (value) => Math.min(1, 3 * value)));
    expect(last(said).feedback).toContain('too-bright');
  });

  test('half a second of darkness is passed over', () => {
    const path = walk();
    path.go(5, 0);
    const said = [...path.go(4, 0, lit(0.05)), ...path.go(10, 0)];
    expect(said.some(({ feedback }) => feedback.includes('too-dark'))).toBe(false);
  });

  test('a wall without any pattern is called too plain, and nothing shoots there by itself', () => {
    const path = walk();
    path.guide.look({ image: changed(view(0), () => 0.5), timeMs: 0 });
    path.guide.shot();
    path.auto = true;
    const said = path.go(30, 4, (image) => changed(image, () => 0.5));
    expect(last(said)).toMatchObject({ feedback: ['too-plain'], change: null });
    expect(path.shots).toEqual([]);
  });
});

describe('blur', () => {
  test('is told against the last seconds, comes and goes', () => {
    const path = walk();
    path.go(15, 1);
    expect(last(path.go(4, 1, (image) => smeared(image, 3))).feedback).toEqual(['blurry']);
    expect(last(path.go(8, 1)).feedback).toEqual(['good']);
  });

  test('a camera that is always soft is not called blurry', () => {
    const said = walk().go(20, 1, (image) => smeared(image, 3));
    expect(said.every(({ feedback }) => !feedback.includes('blurry'))).toBe(true);
  });
});

describe('the automatic shutter', () => {
  test('on a slow walk shoots at once and then every 22 to 32 % of the view', () => {
    const path = walk();
    path.auto = true;
    path.go(200, 3);
    expect(path.shots[0].x).toBeLessThan(30);
    expect(path.shots.length).toBeGreaterThan(6);
    for (let i = 1; i < path.shots.length; i++) {
      const step = (path.shots[i].x - path.shots[i - 1].x) / widthPx;
      expect(step).toBeGreaterThan(wantedChange - 0.03);
      expect(step).toBeLessThan(overdueChange + 0.03);
    }
  });

  test('somebody who does not slow down gets photos too, later', () => {
    const path = walk();
    path.auto = true;
    path.go(8, 0);
    path.go(60, 9);
    expect(path.shots.length).toBeGreaterThan(3);
    const steps = path.shots.slice(2).map(({ x }, i) => (x - path.shots[i + 1].x) / widthPx);
    for (const step of steps) expect(step).toBeGreaterThan(wantedChange);
  });

  test('never shoots while standing, racing, blurred or in the dark', () => {
    const count = (px: number, look?: (image: GreyImage) => GreyImage): number => {
      const path = walk();
      path.go(12, 0);
      path.guide.shot();
      path.go(8, px, look);
      path.auto = true;
      path.go(20, px, look);
      return path.shots.length;
    };
    expect(count(0)).toBe(0);
    expect(count(24)).toBe(0);
    expect(count(4)).toBeGreaterThan(0);
    expect(count(4, (image) => changed(image, (value) => 0.05 * value))).toBe(0);
  });

  test('waits for a frame as sharp as its neighbours', () => {
    const path = walk();
    path.go(12, 0);
    path.guide.shot();
    path.go(21, 3);
    path.auto = true;
    path.go(4, 3, (image) => smeared(image, 1));
    expect(path.shots).toEqual([]);
    path.go(3, 3);
    expect(path.shots.length).toBe(1);
  });

  test('a pause between frames, a turned camera and frames of nothing are borne', () => {
    const { guide } = walk();
    guide.shot();
    const empty = { widthPx: 160, heightPx: 90, values: new Float32Array(160 * 90) };
    for (const timeMs of [0, 100, 5000]) expect(guide.look({ image: empty, timeMs }).speed).toBe(0);
    guide.shot();
    expect(guide.look({ image: view(0), timeMs: 5100 }).change).toBeNull();
    guide.shot();
    const turned = { widthPx: 180, heightPx: 320, values: new Float32Array(180 * 320).fill(0.4) };
    expect(guide.look({ image: turned, timeMs: 5200 })).toMatchObject({ speed: 0, change: 1 });
  });
});
