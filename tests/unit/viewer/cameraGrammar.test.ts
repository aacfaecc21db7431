/** The camera attributes: what each text means, what is refused with which words, and that no text whatsoever throws. */
import { describe, expect, test } from 'vitest';
import { createRandom } from '../../../src/core/math/random.ts';
import { type Vector3, matrixOfQuaternion, rotateVector } from '../../../src/core/math/rotation.ts';
import {
  followsScroll,
  formatFov,
  formatOrbit,
  formatTarget,
  parseAngle,
  parseFov,
  parseLimits,
  parseOrbit,
  parseOrientation,
  parseTarget,
} from '../../../src/viewer/camera/orbitGrammar.ts';
import { clampState, defaultLimits } from '../../../src/viewer/camera/limits.ts';

const base = { theta: 0.1, phi: 1.2, radius: 5, framedRadius: 4 };
const degree = Math.PI / 180;

function orbitOf(text: string, scrollY?: number): number[] {
  const result = parseOrbit(text, base, scrollY);
  if (!result.ok) throw new Error(result.failure.detail);
  return [result.value.theta, result.value.phi, result.value.radius];
}

function refusal(result: { ok: boolean; failure?: { detail: string } }): string {
  expect(result.ok).toBe(false);
  return result.failure?.detail ?? '';
}

describe('camera-orbit', () => {
  test.each([
    ['30deg 60deg 2m', [30 * degree, 60 * degree, 2]],
    ['  -0.5rad\n1e0rad\t250cm ', [-0.5, 1, 2.5]],
    ['auto auto auto', [0.1, 1.2, 5]],
    ['AUTO 90DEG 1500MM', [0.1, 90 * degree, 1.5]],
    ['0 .5rad 3', [0, 0.5, 3]],
    ['+720deg 1rad 50%', [720 * degree, 1, 2]],
    ['calc(30deg + 1rad) 1rad 1m', [30 * degree + 1, 1, 1]],
    ['calc(-1.5 * 60deg) calc(1rad/2) calc(105% - 10cm)', [-90 * degree, 0.5, 4.1]],
    ['calc(2 * (10deg + 5deg) - 30deg) 1rad calc(1m + 2 * 3m)', [0, 1, 7]],
    ['calc(calc(1 + 2) * 1rad) calc((((1rad)))) calc(8m / 2 / 2)', [3, 1, 2]],
    ['calc(0 + 2rad) calc(3rad - 1rad - 1rad) 1m', [2, 1, 1]],
    ['calc(env(window-scroll-y) * 4rad) 1rad calc(1m + env( window-scroll-y ) * 2m)', [1, 1, 1.5]],
    ['calc(2 * -1rad) calc(1rad - -1rad) 1m', [-2, 2, 1]],
  ] as [string, number[]][])('%s', (text, wanted) => {
    orbitOf(text, 0.25).forEach((value, k) => expect(value).toBeCloseTo(wanted[k], 12));
  });

  test.each([
    ['', 'it has 0 of 3 values'],
    ['30deg 60deg', 'it has 2 of 3 values'],
    ['30deg 60deg 1m 2m', '“2m” is one value too many'],
    ['30 60deg 1m', 'value 1 must be an angle in deg or rad'],
    ['30deg 1m 60deg', 'value 2 must be an angle in deg or rad'],
    ['30deg 60deg 1rad', 'value 3 must be a length'],
    ['30deg 60furlong 1m', '“furlong” is not a unit (deg, rad, m, cm, mm or %)'],
    ['30deg 60constructor 1m', '“constructor” is not a unit'],
    ['50% 60deg 1m', '% has no meaning there'],
    ['30deg 60deg 0m', 'the radius must be more than zero'],
    ['30deg 60deg -2m', 'the radius must be more than zero'],
    ['30deg 60deg calc(1m + 1deg)', 'calc() adds or subtracts different kinds of values'],
    ['30deg 60deg calc(1m * 1m)', 'calc() multiplies two values that both have a unit'],
    ['30deg 60deg calc(1m / 0)', 'calc() divides by zero'],
    ['30deg 60deg calc(1m / 1m)', 'calc() divides by a value with a unit'],
    ['30deg 60deg calc(1m', '“)” is missing before its end'],
    ['30deg 60deg calc()', 'a value is missing before “)”'],
    ['30deg 60deg calc(auto * 2)', 'auto cannot be calculated with'],
    ['30deg 60deg env(safe-area-inset-top)', 'env() knows window-scroll-y only, not “safe-area-inset-top”'],
    ['30deg 60deg (1m)', 'parentheses stand inside calc() only'],
    ['30deg,60deg,1m', 'a space is missing before “,60deg,1m”'],
    ['NaNrad 60deg 1m', 'a value is missing before “NaNrad 60deg 1m”'],
    ['1e999rad 60deg 1m', 'a number is too large'],
    [`${'calc('.repeat(60)}1m${')'.repeat(60)} 0 1m`, 'too many parentheses lie in each other'],
    [' '.repeat(600), 'it is longer than 500 characters'],
  ])('%s is refused', (text, clause) => {
    const detail = refusal(parseOrbit(text, base));
    expect(detail).toContain(`“${text.slice(0, 80)}” is not a camera orbit`);
    expect(detail).toContain(clause);
  });

  test('knows which texts follow the page', () => {
    expect(followsScroll('calc(1rad * env( window-scroll-y )) 1rad 1m')).toBe(true);
    expect(followsScroll('0 1rad 1m')).toBe(false);
  });
});

describe('the other attributes', () => {
  test('camera-target', () => {
    expect(parseTarget('1m -20cm auto', [7, 8, 9])).toEqual({ ok: true, value: [1, -0.2, 9] });
    expect(parseTarget('0 1.5 -2', [7, 8, 9])).toEqual({ ok: true, value: [0, 1.5, -2] });
    expect(refusal(parseTarget('1m 2m 3deg', [0, 0, 0]))).toContain('“1m 2m 3deg” is not a camera target');
    expect(refusal(parseTarget('10% 0 0', [0, 0, 0]))).toContain('% has no meaning');
  });

  test('field-of-view and rotation-per-second', () => {
    expect(parseFov('60deg', 1)).toEqual({ ok: true, value: expect.closeTo(Math.PI / 3, 12) });
    expect(parseFov('auto', 0.7)).toEqual({ ok: true, value: 0.7 });
    for (const text of ['0deg', '180deg', '-10deg', '45', '2m', '1deg 2deg']) refusal(parseFov(text, 1));
    expect(parseAngle('-6deg', 1)).toEqual({ ok: true, value: expect.closeTo(-Math.PI / 30, 12) });
    expect(refusal(parseAngle('calc(env(window-scroll-y) * 1rad)', 1))).toContain('cannot follow the scroll position');
  });

  test.each([
    ['0 0 0', [1, 2, 3], [1, 2, 3]],
    ['90deg 0 0', [1, 0, 0], [0, 1, 0]],
    ['0 90deg 0', [0, 1, 0], [0, 0, 1]],
    ['0 0 90deg', [0, 0, 1], [1, 0, 0]],
    // Roll first, then pitch, then yaw: x goes to y, y to z, z to x.
    ['90deg 90deg 90deg', [1, 0, 0], [1, 0, 0]],
    ['90deg 0 90deg', [0, 1, 0], [0, 0, 1]],
    ['auto auto 180deg', [1, 2, 3], [-1, 2, -3]],
  ] as [string, Vector3, Vector3][])('orientation %s', (text, from, to) => {
    const result = parseOrientation(text);
    if (!result.ok) throw new Error(result.failure.detail);
    rotateVector(matrixOfQuaternion(result.value), from).forEach((value, k) => expect(value).toBeCloseTo(to[k], 12));
  });

  test('limits: each side by itself, defaults where a text makes no sense', () => {
    const texts = { minCameraOrbit: '-90deg auto 10%', maxCameraOrbit: '90deg, 1, 1', minFieldOfView: '10deg', maxFieldOfView: 'wide' };
    const { limits, failures } = parseLimits(texts, defaultLimits(4), 4);
    expect(limits.theta).toEqual([expect.closeTo(-Math.PI / 2, 12), Infinity]);
    expect(limits.phi).toEqual(defaultLimits(4).phi);
    expect(limits.radius[0]).toBeCloseTo(0.4, 12);
    expect(limits.fov).toEqual([expect.closeTo(10 * degree, 12), defaultLimits(4).fov[1]]);
    expect(failures.map(({ attribute }) => attribute).sort()).toEqual(['max-camera-orbit', 'max-field-of-view']);
    expect(failures.every(({ detail }) => /“.*” is not/.test(detail))).toBe(true);
  });

  test('texts that are written are read back', () => {
    const orbit = { theta: -3.7, phi: 0.3, radius: 12.3456 };
    orbitOf(formatOrbit(orbit)).forEach((value, k) => expect(value).toBeCloseTo([-3.7, 0.3, 12.3456][k], 4));
    expect(formatOrbit({ theta: Math.PI / 6, phi: Math.PI / 2, radius: 2 })).toBe('30deg 90deg 2m');
    expect(formatTarget([0, -1.5, 1e-9])).toBe('0m -1.5m 1e-9m');
    expect(parseTarget(formatTarget([0, -1.5, 1e-9]), [7, 7, 7])).toEqual({ ok: true, value: [0, -1.5, 1e-9] });
    expect(formatFov(Math.PI / 4)).toBe('45deg');
  });
});

test('no text throws, and what is read is finite', () => {
  const random = createRandom(11);
  const pieces = [
    'calc(',
    'env(',
    ')',
    '(',
    ' ',
    '1',
    '-',
    '+',
    '*',
    '/',
    'deg',
    'm',
    '%',
    'auto',
    'window-scroll-y',
    '.',
    'e9',
    '\n',
    ',',
    'é',
    '\0',
    '💥',
    '1rad',
    '2m',
  ];
  const isSound = (value: object | number): boolean => (typeof value === 'number' ? [value] : Object.values(value)).every(Number.isFinite);
  let read = 0;
  const wrong: unknown[] = [];
  for (let k = 0; k < 20_000; k++) {
    let text = '';
    const length = Math.floor(random() * 12);
    for (let n = 0; n < length; n++) text += pieces[Math.floor(random() * pieces.length)];
    const results = [parseOrbit(`1rad 1rad ${text}`, base, 0.5), parseTarget(text, [0, 0, 0]), parseFov(text, 1), parseOrientation(text)];
    for (const result of results) {
      if (result.ok) read++;
      const good = result.ok ? isSound(result.value) : /^“[^]*” is not .*\.$/s.test(result.failure.detail);
      if (!good) wrong.push([text, result]);
    }
  }
  expect(wrong).toEqual([]);
  expect(read).toBeGreaterThan(100);
});

describe('clampState', () => {
  const limits = { theta: [-1, 1], phi: [0.5, 2], radius: [1, 10], fov: [0.5, 1] } satisfies ReturnType<typeof defaultLimits>;
  const former = { target: [1, 2, 3] as Vector3, theta: 0, phi: 1, radius: 2, fov: 0.7 };
  test('holds every number and keeps the former one where there is none', () => {
    const wish = { target: [0, NaN, 0] as Vector3, theta: 9, phi: 0, radius: NaN, fov: Infinity };
    expect(clampState(wish, former, limits)).toEqual({ target: [1, 2, 3], theta: 1, phi: 0.5, radius: 2, fov: 0.7 });
  });
  test('limits beyond what a camera can do do not get through', () => {
    const wild = { theta: [-Infinity, Infinity], phi: [-9, 9], radius: [-5, Infinity], fov: [-1, 9] } satisfies ReturnType<
      typeof defaultLimits
    >;
    for (const sign of [-1, 1]) {
      const { phi, radius, fov } = clampState({ ...former, phi: 8 * sign, radius: 1e300 * sign, fov: 8 * sign }, former, wild);
      expect(phi > 0 && phi < Math.PI && radius > 0 && Number.isFinite(radius) && fov > 0 && fov < Math.PI).toBe(true);
    }
  });
  test('a lower limit above the upper one wins', () => {
    expect(clampState(former, former, { ...limits, radius: [6, 3] }).radius).toBe(6);
  });
});
