/**
 * The camera attributes of <splat-viewer>, text to numbers and back: camera-orbit, camera-target, field-of-view, their limits,
 * rotation-per-second and orientation. Terms: orbitTerms.ts.
 * Angles need a unit unless they are zero; lengths without one are world units. `%` in a radius is of the radius that frames the scene.
 * Invariant: a value is finite and in radians or world units; a failure's detail quotes the attribute's text.
 */
import { type Result, fail, ok } from '../../core/job/failure.ts';
import { type Quaternion, unitQuaternion } from '../../core/math/rotation.ts';
import type { CameraLimits } from './cameraState.ts';
import { type Dimension, type Term, readTerms } from './orbitTerms.ts';

export interface OrbitAngles {
  theta: number;
  phi: number;
  radius: number;
}

/** What `auto` means in each place, and the radius that 100% stands for. */
export interface OrbitDefaults extends OrbitAngles {
  framedRadius: number;
}

/** Reads terms of known dimensions, with numbers in place of `auto`. */
function read(
  text: string,
  what: string,
  dimensions: readonly Dimension[],
  autos: readonly number[],
  scrollY: number | null,
  framedRadius: number | null = null,
): Result<number[]> {
  // A malformed attribute is a bad file in the closed set of codes: text from outside that does not hold what it should.
  const failure = (clause: string) => fail('bad-file', `“${text.slice(0, 80)}” is not ${what}: ${clause}.`);
  const terms = readTerms(
    text,
    dimensions.map((dimension) => (dimension === 'length' ? framedRadius : null)),
    scrollY,
  );
  if (typeof terms === 'string') return failure(terms);
  const wrong = terms.findIndex((term, k) => !fits(term, dimensions[k]));
  if (wrong >= 0) return failure(`value ${wrong + 1} must be ${dimensions[wrong] === 'angle' ? 'an angle in deg or rad' : 'a length'}`);
  return ok(terms.map((term, k) => (term === 'auto' ? autos[k] : term.value)));
}

function fits(term: Term, dimension: Dimension): boolean {
  if (term === 'auto' || term.dimension === dimension) return true;
  return term.dimension === 'number' && (dimension === 'length' || term.value === 0);
}

/** Whether a text changes with the page's scroll position and must be read again when that does. */
export const followsScroll = (text: string): boolean => /env\(\s*window-scroll-y\s*\)/i.test(text);

const orbitDimensions = ['angle', 'angle', 'length'] as const;

/** camera-orbit, "theta phi radius". The radius must be positive. `scrollY` is the share of the page scrolled away, 0..1. */
export function parseOrbit(text: string, base: OrbitDefaults, scrollY = 0): Result<OrbitAngles> {
  const what = 'a camera orbit (theta phi radius)';
  const numbers = read(text, what, orbitDimensions, [base.theta, base.phi, base.radius], scrollY, base.framedRadius);
  if (!numbers.ok) return numbers;
  const [theta, phi, radius] = numbers.value;
  if (!(radius > 0)) return fail('bad-file', `“${text.slice(0, 80)}” is not ${what}: the radius must be more than zero.`);
  return ok({ theta, phi, radius });
}

/** camera-target, "x y z", world. */
export function parseTarget(text: string, auto: [number, number, number], scrollY = 0): Result<[number, number, number]> {
  const numbers = read(text, 'a camera target (x y z)', ['length', 'length', 'length'], auto, scrollY);
  return numbers.ok ? ok(numbers.value as [number, number, number]) : numbers;
}

/** field-of-view, of the shorter side: more than 0 and less than 180 degrees. */
export function parseFov(text: string, auto: number, scrollY: number | null = 0): Result<number> {
  const numbers = read(text, 'a field of view', ['angle'], [auto], scrollY);
  if (!numbers.ok) return numbers;
  const [fov] = numbers.value;
  if (!(fov > 0 && fov < Math.PI))
    return fail('bad-file', `“${text.slice(0, 80)}” is not a field of view: it must lie between 0 and 180deg.`);
  return ok(fov);
}

/** One angle in deg or rad, or auto: rotation-per-second. */
export function parseAngle(text: string, auto: number): Result<number> {
  const numbers = read(text, 'an angle', ['angle'], [auto], null);
  return numbers.ok ? ok(numbers.value[0]) : numbers;
}

export interface LimitTexts {
  minCameraOrbit: string;
  maxCameraOrbit: string;
  minFieldOfView: string;
  maxFieldOfView: string;
}

const sides = ['min', 'max'] as const;

/**
 * The four limit attributes. A text that makes no sense leaves its limits at their defaults and is named in `failures`.
 * @param defaults what `auto` means, usually defaultLimits(framedRadius)
 */
export function parseLimits(
  texts: LimitTexts,
  defaults: CameraLimits,
  framedRadius: number,
): { limits: CameraLimits; failures: { attribute: string; detail: string }[] } {
  const limits: CameraLimits = { theta: [...defaults.theta], phi: [...defaults.phi], radius: [...defaults.radius], fov: [...defaults.fov] };
  const failures: { attribute: string; detail: string }[] = [];
  const keep = <T>(attribute: string, result: Result<T>, apply: (value: T) => void): void => {
    if (result.ok) apply(result.value);
    else failures.push({ attribute, detail: result.failure.detail });
  };
  sides.forEach((side, k) => {
    const autos = [defaults.theta[k], defaults.phi[k], defaults.radius[k]];
    const what = `a camera orbit's ${side === 'min' ? 'lower' : 'upper'} limits (theta phi radius)`;
    keep(
      `${side}-camera-orbit`,
      read(texts[`${side}CameraOrbit`], what, orbitDimensions, autos, null, framedRadius),
      ([theta, phi, radius]) => {
        limits.theta[k] = theta;
        limits.phi[k] = phi;
        limits.radius[k] = radius;
      },
    );
    keep(`${side}-field-of-view`, parseFov(texts[`${side}FieldOfView`], defaults.fov[k], null), (fov) => (limits.fov[k] = fov));
  });
  return { limits, failures };
}

/** orientation, "roll pitch yaw" about z, x and y: R = Ry(yaw) Rx(pitch) Rz(roll), as in <model-viewer>. */
export function parseOrientation(text: string): Result<Quaternion> {
  const numbers = read(text, 'an orientation (roll pitch yaw)', ['angle', 'angle', 'angle'], [0, 0, 0], null);
  if (!numbers.ok) return numbers;
  const [cr, cp, cy] = numbers.value.map((angle) => Math.cos(angle / 2));
  const [sr, sp, sy] = numbers.value.map((angle) => Math.sin(angle / 2));
  const q: Quaternion = [
    cy * cp * cr + sy * sp * sr,
    cy * sp * cr + sy * cp * sr,
    sy * cp * cr - cy * sp * sr,
    cy * cp * sr - sy * sp * cr,
  ];
  return ok(unitQuaternion(q) ?? [1, 0, 0, 0]);
}

/** Six significant digits, without an exponent where the number does not ask for one. */
const short = (x: number): string => String(Number(x.toPrecision(6)));
const degrees = (angle: number): string => `${short((angle * 180) / Math.PI)}deg`;

/** Texts that the parsers read back. */
export const formatOrbit = ({ theta, phi, radius }: OrbitAngles): string => `${degrees(theta)} ${degrees(phi)} ${short(radius)}m`;
export const formatTarget = (target: readonly number[]): string => target.map((x) => `${short(x)}m`).join(' ');
export const formatFov = (fov: number): string => degrees(fov);
