/**
 * Step constants: the CPU side of shaders/common/step.wgsl.
 * Invariant: word order equals the WGSL struct; a test reads the struct and checks every offset.
 */
import { stepBytes } from '../gpu/kernel.ts';
import type { PinholeView } from '../scene/camera.ts';

export interface StepConstants {
  view: PinholeView;
  near: number;
  tile: number;
  count: number;
  shDegree: number;
  step: number;
  seed: number;
  background: [number, number, number];
  stopAtT: number;
  lowpass: number;
  antialiased: boolean;
  slotCapacity: number;
  photoOffset: number;
  lrMean: number;
  lrScale: number;
  lrQuat: number;
  lrOpacity: number;
  lrDc: number;
  lrRest: number;
  noise: number;
  opacityDecay: number;
  scaleDecay: number;
  ssimWeight: number;
  /** The photo's exposure: seen colour = gain * rendered colour + bias. */
  exposureGain: [number, number, number];
  exposureBias: [number, number, number];
  /** Which training view this is, for what is learnt about it (shaders/common/view_state.wgsl). */
  viewSlot: number;
  /** Radians; 0 while poses rest. */
  lrPose: number;
  /** World units that count as one radian. */
  poseLength: number;
  posePull: number;
  lrExposure: number;
  exposurePull: number;
}

/** Constants for rendering alone; training overrides the rest. */
export const renderConstants = {
  step: 1,
  seed: 0,
  background: [0, 0, 0] as [number, number, number],
  stopAtT: 1e-4,
  lowpass: 0.3,
  antialiased: false,
  photoOffset: 0,
  lrMean: 0,
  lrScale: 0,
  lrQuat: 0,
  lrOpacity: 0,
  lrDc: 0,
  lrRest: 0,
  noise: 0,
  opacityDecay: 0,
  scaleDecay: 0,
  ssimWeight: 0.2,
  exposureGain: [1, 1, 1] as [number, number, number],
  exposureBias: [0, 0, 0] as [number, number, number],
  viewSlot: 0,
  lrPose: 0,
  poseLength: 1,
  posePull: 0,
  lrExposure: 0,
  exposurePull: 0,
};

/** Rotation rows of a quaternion wxyz (normalised here), row-major 3x3. */
export function rotationRows([w, x, y, z]: [number, number, number, number]): number[] {
  const s = 2 / (w * w + x * x + y * y + z * z);
  return [
    1 - s * (y * y + z * z),
    s * (x * y - w * z),
    s * (x * z + w * y),
    s * (x * y + w * z),
    1 - s * (x * x + z * z),
    s * (y * z - w * x),
    s * (x * z - w * y),
    s * (y * z + w * x),
    1 - s * (x * x + y * y),
  ];
}

/** Camera centre in world space: -R^T t. */
export function cameraCentre(view: Pick<PinholeView, 'pose'>): [number, number, number] {
  const r = rotationRows(view.pose.q);
  const t = view.pose.t;
  return [0, 1, 2].map((k) => -(r[k] * t[0] + r[3 + k] * t[1] + r[6 + k] * t[2])) as [number, number, number];
}

export const tilesFor = (view: { widthPx: number; heightPx: number }, tile: number): [number, number] => [
  Math.ceil(view.widthPx / tile),
  Math.ceil(view.heightPx / tile),
];

/** Packs one step into `stepBytes` bytes. */
export function packStep(c: StepConstants): Uint8Array {
  const bytes = new Uint8Array(stepBytes);
  const f = new Float32Array(bytes.buffer);
  const u = new Uint32Array(bytes.buffer);
  const { view } = c;
  const r = rotationRows(view.pose.q);
  const t = view.pose.t;
  f.set([r[0], r[1], r[2], t[0], r[3], r[4], r[5], t[1], r[6], r[7], r[8], t[2]], 0);
  f.set([view.fx, view.fy, view.cx, view.cy], 12);
  f.set([...cameraCentre(view), c.near], 16);
  u.set([view.widthPx, view.heightPx, ...tilesFor(view, c.tile)], 20);
  u.set([c.count, c.shDegree, c.step, c.seed], 24);
  f.set([...c.background, c.stopAtT], 28);
  f[32] = c.lowpass;
  u.set([c.antialiased ? 1 : 0, c.slotCapacity, c.photoOffset], 33);
  f.set([c.lrMean, c.lrScale, c.lrQuat, c.lrOpacity, c.lrDc, c.lrRest], 36);
  f.set([1 - 0.9 ** c.step, 1 - 0.999 ** c.step, c.noise, c.opacityDecay, c.scaleDecay, c.ssimWeight], 42);
  f.set(c.exposureGain, 48);
  u[51] = c.viewSlot;
  f.set([...c.exposureBias, c.lrPose, c.poseLength, c.posePull, c.lrExposure, c.exposurePull], 52);
  return bytes;
}
