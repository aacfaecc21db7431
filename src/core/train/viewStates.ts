/**
 * View states: what is learnt about each training view, a correction of its pose and its exposure, on the GPU and as read back.
 * Invariant: the layout is that of shaders/common/view_state.wgsl, and a view that took no step holds the identity.
 */
import { bufferFrom, createBuffer, destroyBuffer } from '../gpu/buffers.ts';
import type { Gpu } from '../gpu/device.ts';
import { type Quaternion, type Vector3, matrixOfQuaternion, rotateVector, unitQuaternion } from '../math/rotation.ts';
import { cameraCentre, rotationRows } from '../raster/stepConstants.ts';
import type { Pose } from '../scene/camera.ts';
import { type ViewGradients, exposureTermBytes, poseTermBytes } from './backward.ts';

/** Floats of one view: 12 rows of four. */
export const viewStateFloats = 48;

export interface ViewCorrection {
  /** X_cam = turn (R X + t) + shift. */
  turn: Quaternion;
  /** Camera axes, world units. */
  shift: Vector3;
  /** Seen colour = gain * rendered colour + bias. */
  gain: Vector3;
  bias: Vector3;
}

export interface ViewStates {
  refinesPoses: boolean;
  refinesExposure: boolean;
  /** [views] of ViewState. */
  states: GPUBuffer;
  /** [views]: rows of the given rotation and the given centre minus the mean centre, 4 vec4. */
  frames: GPUBuffer;
  gradients: ViewGradients;
  dispose(): void;
}

const identities = (views: number): Float32Array =>
  Float32Array.from({ length: viewStateFloats * views }, (_, k) => (k % viewStateFloats === 0 ? 1 : 0));

/** The given poses as view_step.wgsl reads them. */
export function packFrames(poses: Pose[]): Float32Array {
  const centres = poses.map((pose) => cameraCentre({ pose }));
  const mean = [0, 1, 2].map((k) => centres.reduce((sum, centre) => sum + centre[k], 0) / poses.length);
  const frames = new Float32Array(16 * poses.length);
  poses.forEach(({ q }, i) => {
    const r = rotationRows(q);
    for (let row = 0; row < 3; row++) frames.set(r.slice(3 * row, 3 * row + 3), 16 * i + 4 * row);
    frames.set(
      mean.map((value, k) => centres[i][k] - value),
      16 * i + 12,
    );
  });
  return frames;
}

export interface ViewStateOptions {
  /** Given poses of the training views, in the order of their slots. */
  poses: Pose[];
  refinesPoses: boolean;
  refinesExposure: boolean;
  /** Splats and pixels there is room for. */
  capacity: number;
  maxPixels: number;
}

export function createViewStates(gpu: Gpu, { poses, refinesPoses, refinesExposure, capacity, maxPixels }: ViewStateOptions): ViewStates {
  const states = bufferFrom(gpu, 'view states', identities(poses.length));
  const frames = bufferFrom(gpu, 'view frames', packFrames(poses));
  const pose = refinesPoses ? createBuffer(gpu, 'pose terms', poseTermBytes(capacity)) : null;
  const exposure = refinesExposure ? createBuffer(gpu, 'exposure terms', exposureTermBytes(maxPixels)) : null;
  return {
    refinesPoses,
    refinesExposure,
    states,
    frames,
    gradients: { pose, exposure },
    dispose() {
      for (const buffer of [states, frames, pose, exposure]) if (buffer) destroyBuffer(gpu, buffer);
    },
  };
}

/** The correction of each view from the buffer's floats. */
export function unpackCorrections(floats: Float32Array): ViewCorrection[] {
  return Array.from({ length: floats.length / viewStateFloats }, (_, i) => {
    const row = (k: number): Vector3 => [...floats.subarray(viewStateFloats * i + 4 * k, viewStateFloats * i + 4 * k + 3)] as Vector3;
    const turn = [...floats.subarray(viewStateFloats * i, viewStateFloats * i + 4)] as Quaternion;
    return { turn, shift: row(1), gain: row(6).map(Math.exp) as Vector3, bias: row(7) };
  });
}

/** turn (R X + t) + shift as one pose. */
export function correctedPose({ q: [w, x, y, z], t }: Pose, { turn: [a, b, c, d], shift }: ViewCorrection): Pose {
  const product: Quaternion = [
    a * w - b * x - c * y - d * z,
    a * x + b * w + c * z - d * y,
    a * y - b * z + c * w + d * x,
    a * z + b * y - c * x + d * w,
  ];
  const turned = rotateVector(matrixOfQuaternion(unitQuaternion([a, b, c, d]) ?? [1, 0, 0, 0]), t);
  return { q: unitQuaternion(product) ?? [w, x, y, z], t: [turned[0] + shift[0], turned[1] + shift[1], turned[2] + shift[2]] };
}

/** Angle of a correction's turn in degrees, with its digits near 0. */
export const turnDegrees = ({ turn: [w, x, y, z] }: ViewCorrection): number =>
  (360 / Math.PI) * Math.atan2(Math.hypot(x, y, z), Math.abs(w));
