/**
 * The twins of pose and exposure learning: gradients against finite differences through render and loss, the gauge against motions of the
 * whole scene that no photo can tell from standing still.
 */
import { describe, expect, test } from 'vitest';
import type { Vector3 } from '../../src/core/math/rotation.ts';
import { type RasterOptions, projectRef } from '../../src/core/raster/project.ref.ts';
import { projectBackwardRef } from '../../src/core/raster/projectBack.ref.ts';
import { backwardRef, renderRef } from '../../src/core/raster/render.ref.ts';
import { cameraCentre } from '../../src/core/raster/stepConstants.ts';
import type { PinholeView, Pose } from '../../src/core/scene/camera.ts';
import { exposedRef, exposureBackwardRef } from '../../src/core/train/exposure.ref.ts';
import { lossRef } from '../../src/core/train/loss.ref.ts';
import {
  type ViewStateRef,
  expQuaternion,
  holdExposuresRef,
  holdPosesRef,
  identityStateRef,
  stepExposureRef,
  stepPoseRef,
} from '../../src/core/train/viewStep.ref.ts';
import { correctedPose, turnDegrees } from '../../src/core/train/viewStates.ts';
import { expectGradient } from '../finiteDifference.ts';
import { randomNumbers, randomSplats, smallView, uniform } from '../randomScene.ts';

const { widthPx, heightPx } = smallView;
const neutral = { gain: [1, 1, 1] as Vector3, bias: [0, 0, 0] as Vector3 };
const dot = (a: ArrayLike<number>, b: ArrayLike<number>): number => Array.from(a).reduce((sum, value, k) => sum + value * b[k], 0);

/** smallView moved by (turn, shift): exp(turn) X_cam + shift. */
const movedView = (motion: ArrayLike<number>): PinholeView => ({
  ...smallView,
  pose: correctedPose(smallView.pose, {
    ...neutral,
    turn: expQuaternion([motion[0], motion[1], motion[2]]),
    shift: [motion[3], motion[4], motion[5]],
  }),
});

describe('pose gradient', () => {
  test.each([
    [0, false],
    [2, true],
  ])('of the projection, SH degree %i, antialiased %s', (degree, antialiased) => {
    const splats = randomSplats(61 + degree, 24, degree, antialiased);
    const random = randomNumbers(62);
    const some = (width: number): Float64Array => uniform(random, 24 * width, -1, 1);
    const weights = { u: some(1), v: some(1), conic: some(3), colour: new Float64Array(72), opacity: some(1) };
    const motion = new Float64Array(6);
    const f = (): number => {
      const p = projectRef(splats, movedView(motion));
      return dot(weights.u, p.u) + dot(weights.v, p.v) + dot(weights.conic, p.conic) + dot(weights.opacity, p.opacity);
    };
    const { pose } = projectBackwardRef(splats, smallView, {}, projectRef(splats, smallView), weights);
    expectGradient('pose', f, motion, pose);
  });

  test('of the loss of a whole picture', () => {
    const splats = randomSplats(63, 40, 0);
    // Alpha is cut at 1/255 and a pixel closes at stopAtT: steps that finite differences would trip over.
    splats.opacityLogits.forEach((value, i) => (splats.opacityLogits[i] = Math.min(value, 1)));
    splats.logScales.forEach((value, k) => (splats.logScales[k] = Math.max(value, Math.log(0.2))));
    const options: RasterOptions = { stopAtT: 0, background: [0.4, 0.3, 0.6] };
    const random = randomNumbers(64);
    const photo = uniform(random, 3 * widthPx * heightPx, 0, 1);
    const motion = new Float64Array(6);
    const lossAt = (): number => lossRef(renderRef(splats, movedView(motion), options).image, photo, widthPx, heightPx).loss;
    const rendered = renderRef(splats, smallView, options);
    const { gradient } = lossRef(rendered.image, photo, widthPx, heightPx);
    const { pose } = backwardRef(splats, smallView, options, rendered, gradient).splats;
    // Splats whose alpha crosses 1/255 in a pixel make the loss jump by parts in a thousand of its slope.
    expectGradient('pose', lossAt, motion, pose, { tolerance: 0.02, step: 1e-5 });
  });
});

test('exposure gradient through the loss', () => {
  const random = randomNumbers(65);
  const [image, photo] = [0, 1].map(() => uniform(random, 3 * widthPx * heightPx, 0, 1));
  const [gain, bias] = [
    [1.2, 0.9, 1.05],
    [0.02, -0.04, 0.01],
  ] as [Vector3, Vector3];
  const f = (): number => lossRef(exposedRef(image, gain, bias), photo, widthPx, heightPx).loss;
  const back = exposureBackwardRef(image, gain, lossRef(exposedRef(image, gain, bias), photo, widthPx, heightPx).gradient);
  expectGradient('gain', f, gain, back.gain, { step: 1e-7 });
  expectGradient('bias', f, bias, back.bias, { step: 1e-7 });
  expectGradient('image', f, image, back.image, { step: 1e-7, stride: 37 });
});

/** Cameras around the origin, all different. */
function orbit(count: number): Pose[] {
  const random = randomNumbers(66);
  return Array.from({ length: count }, () => {
    const q = expQuaternion([0, 1, 2].map(() => 4 * random() - 2) as Vector3);
    return { q, t: [0, 1, 2].map((k) => 2 * random() - 1 + (k === 2 ? 3 : 0)) as Vector3 };
  });
}

const correctionOf = ({ turn, shift }: ViewStateRef) => ({ ...neutral, turn, shift });

/** The state that takes each camera to where it stands after the scene was turned, grown about the origin and shifted. */
function similarity(poses: Pose[], turn: Vector3, scale: number, shift: Vector3): ViewStateRef[] {
  return poses.map((pose) => {
    // Camera axes follow the scene: R' = R exp(-turn); the centre goes to exp(turn) scale C + shift.
    const r = correctedPose(
      { q: expQuaternion([-turn[0], -turn[1], -turn[2]]), t: [0, 0, 0] },
      { ...neutral, turn: pose.q, shift: [0, 0, 0] },
    );
    const c = cameraCentre({ pose }).map((value) => scale * value) as Vector3;
    const swung = correctedPose({ q: [1, 0, 0, 0], t: c }, { ...neutral, turn: expQuaternion(turn), shift }).t;
    const t = correctedPose({ q: [1, 0, 0, 0], t: swung }, { ...neutral, turn: r.q, shift: [0, 0, 0] }).t.map((value) => -value) as Vector3;
    const back = correctedPose(
      { q: [pose.q[0], -pose.q[1], -pose.q[2], -pose.q[3]], t: [0, 0, 0] },
      { ...neutral, turn: r.q, shift: [0, 0, 0] },
    );
    const kept = correctedPose({ q: [1, 0, 0, 0], t: pose.t }, { ...neutral, turn: back.q, shift: [0, 0, 0] }).t;
    return { ...identityStateRef(), turn: back.q, shift: t.map((value, k) => value - kept[k]) as Vector3 };
  });
}

describe('gauge', () => {
  const poses = orbit(9);

  test.each([
    ['turn', [2e-3, -1e-3, 3e-3], 1, [0, 0, 0]],
    ['shift', [0, 0, 0], 1, [0.004, -0.002, 0.003]],
    ['growth', [0, 0, 0], 1.003, [0, 0, 0]],
    ['all of them', [-1e-3, 2e-3, 1e-3], 0.998, [0.002, 0.001, -0.003]],
  ] as [string, Vector3, number, Vector3][])('a common %s is taken out of all cameras', (_, turn, scale, shift) => {
    const states = similarity(poses, turn, scale, shift);
    const before = states.map(({ shift: s }) => Math.hypot(...s));
    expect(Math.max(...before)).toBeGreaterThan(1e-3);
    // First order in the motion: each time leaves some thousandths of what there was.
    holdPosesRef(states, poses);
    for (const s of states) {
      expect(turnDegrees(correctionOf(s)) * (Math.PI / 180)).toBeLessThan(3e-5);
      expect(Math.hypot(...s.shift)).toBeLessThan(6e-5);
    }
  });

  test('what one camera does alone stays, but for its share in the mean', () => {
    const states = poses.map(identityStateRef);
    states[4].turn = expQuaternion([3e-3, 0, 0]);
    holdPosesRef(states, poses);
    expect(turnDegrees(correctionOf(states[4])) * (Math.PI / 180)).toBeCloseTo(3e-3 * (8 / 9), 6);
    holdPosesRef(states, poses);
    expect(turnDegrees(correctionOf(states[4])) * (Math.PI / 180)).toBeCloseTo(3e-3 * (8 / 9), 6);
  });

  test('mean log gain and mean bias are taken out, differences stay', () => {
    const states = [0, 1, 2].map((i) => ({
      ...identityStateRef(),
      logGain: [0.1 * i, 0.2, 0] as Vector3,
      bias: [0, 0, 0.3 * i] as Vector3,
    }));
    holdExposuresRef(states);
    states.forEach((s, i) => {
      [0.1 * i - 0.1, 0, 0].forEach((value, k) => expect(s.logGain[k]).toBeCloseTo(value, 12));
      [0, 0, 0.3 * i - 0.3].forEach((value, k) => expect(s.bias[k]).toBeCloseTo(value, 12));
    });
  });
});

describe('steps', () => {
  test('the first step of a view goes against the gradient by its rate, whenever it comes', () => {
    const s = identityStateRef();
    stepPoseRef(s, [2, -3, 1, -5, 4, 7], { learningRate: 1e-4, pull: 0 }, 3);
    [-1, 1, -1].forEach((sign, k) => expect(2 * s.turn[1 + k]).toBeCloseTo(sign * 1e-4, 10));
    [1, -1, -1].forEach((sign, k) => expect(s.shift[k]).toBeCloseTo(sign * 3e-4, 10));
    stepExposureRef(s, [1, -1, 0, 2, 0, -2], { learningRate: 1e-2, pull: 0 }, 0.5);
    [-1, 1, 0].forEach((sign, k) => expect(s.logGain[k]).toBeCloseTo(sign * 1e-2, 10));
    [-1, 0, 1].forEach((sign, k) => expect(s.bias[k]).toBeCloseTo(sign * 5e-3, 10));
  });

  test('without a gradient the pull takes back its share', () => {
    const s = { ...identityStateRef(), turn: expQuaternion([0.01, 0, 0]), shift: [0.5, 0, 0] as Vector3, logGain: [0.2, 0, 0] as Vector3 };
    stepPoseRef(s, new Float64Array(6), { learningRate: 0.01, pull: 10 }, 1);
    stepExposureRef(s, new Float64Array(6), { learningRate: 0.01, pull: 10 }, 1);
    expect(2 * s.turn[1]).toBeCloseTo(0.009, 6);
    expect(s.shift[0]).toBeCloseTo(0.45, 10);
    expect(s.logGain[0]).toBeCloseTo(0.18, 10);
  });
});
