/**
 * Posed model: what every pose format is read into, before its photos are looked for.
 * Invariant: every view's pose is finite with a unit quaternion, its name is not used twice and its camera is in `cameras`.
 */
import type { Failure } from '../job/failure.ts';
import { type Quaternion, unitQuaternion } from '../math/rotation.ts';
import type { Camera, Pose, View } from '../scene/camera.ts';
import type { SparsePoints } from '../scene/reconstruction.ts';

export interface PosedModel {
  cameras: Camera[];
  views: View[];
  points: SparsePoints;
  warnings: Failure[];
}

export const noPoints = (): SparsePoints => ({
  count: 0,
  xyz: new Float64Array(0),
  rgb: new Uint8Array(0),
  error: new Float32Array(0),
  trackLength: new Uint32Array(0),
});

/** A pose as a file gives it, with the quaternion brought to unit length; null when it is no pose. */
export function usablePose(q: Quaternion, t: Pose['t']): Pose | null {
  const unit = unitQuaternion(q);
  return unit && t.every(Number.isFinite) ? { q: unit, t } : null;
}

/** One view as read; `pose` is null when the file's numbers are no pose. */
export interface RawView {
  photoName: string;
  cameraId: number;
  pose: Pose | null;
}

/** One warning that names the photos left out; none when there are none. */
export const leftOut = (reason: string, photos: string[], file: string): Failure[] =>
  photos.length === 0
    ? []
    : [
        {
          code: 'partial',
          detail: `${photos.length === 1 ? '1 photo is' : `${photos.length} photos are`} left out: ${reason}.`,
          file,
          photos,
        },
      ];

/** Leaves out the views that cannot be used and says which: no pose, no camera, a name that came before. */
export function keepUsableViews(raw: RawView[], cameras: Camera[], file: string): { views: View[]; warnings: Failure[] } {
  const known = new Set(cameras.map((camera) => camera.id));
  const seen = new Set<string>();
  const views: View[] = [];
  const [noPose, noCamera, twice]: [string[], string[], string[]] = [[], [], []];
  for (const { photoName, cameraId, pose } of raw) {
    if (!pose) noPose.push(photoName);
    else if (!known.has(cameraId)) noCamera.push(photoName);
    else if (seen.has(photoName)) twice.push(photoName);
    else views.push({ photoName, cameraId, pose });
    if (pose) seen.add(photoName);
  }
  const warnings = [
    ...leftOut('the pose is not a rotation and a position in finite numbers', noPose, file),
    ...leftOut('the camera they refer to does not exist', noCamera, file),
    ...leftOut('the model names the photo more than once, and the first entry is used', twice, file),
  ];
  return { views, warnings };
}

/** Drops points whose position is not finite; says how many. */
export function keepFinitePoints(points: SparsePoints, file: string): { points: SparsePoints; warnings: Failure[] } {
  const kept: number[] = [];
  for (let i = 0; i < points.count; i++) {
    if (Number.isFinite(points.xyz[3 * i]) && Number.isFinite(points.xyz[3 * i + 1]) && Number.isFinite(points.xyz[3 * i + 2]))
      kept.push(i);
  }
  const dropped = points.count - kept.length;
  if (dropped === 0) return { points, warnings: [] };
  const detail = `${dropped} of ${points.count} points have a position that is not finite and are left out.`;
  return { points: pickPoints(points, kept), warnings: [{ code: 'bad-file', detail, file }] };
}

function pickPoints(points: SparsePoints, kept: number[]): SparsePoints {
  const triple = (index: number): number => 3 * kept[Math.floor(index / 3)] + (index % 3);
  return {
    count: kept.length,
    xyz: Float64Array.from({ length: 3 * kept.length }, (_, i) => points.xyz[triple(i)]),
    rgb: Uint8Array.from({ length: 3 * kept.length }, (_, i) => points.rgb[triple(i)]),
    error: Float32Array.from(kept, (i) => points.error[i]),
    trackLength: Uint32Array.from(kept, (i) => points.trackLength[i]),
  };
}
