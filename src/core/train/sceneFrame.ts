/**
 * Scene frame: the few numbers that scale everything else: extent, near plane, focus point and up, taken from cameras and points.
 * Invariant: all are finite and positive for any set of at least one view.
 */
import { cameraCentre, rotationRows } from '../raster/stepConstants.ts';
import type { View } from '../scene/camera.ts';
import type { Reconstruction } from '../scene/reconstruction.ts';

export interface SceneFrame {
  /** Largest distance of a camera from the mean camera, times 1.1 (the 3DGS code's `cameras_extent`), world units. */
  extent: number;
  /** Depth below which splats are culled. */
  near: number;
  /** Where the cameras look: least-squares meeting point of the optical axes, or in front of the first camera when they are parallel. */
  focus: [number, number, number];
  up: [number, number, number];
}

type Vec3 = [number, number, number];

const axis = (view: View, row: number): Vec3 => rotationRows(view.pose.q).slice(3 * row, 3 * row + 3) as Vec3;

const normalised = (v: Vec3): Vec3 => {
  const length = Math.hypot(...v) || 1;
  return [v[0] / length, v[1] / length, v[2] / length];
};

/** Solves the symmetric 3x3 system A x = b by Cramer's rule; null when it is singular. */
function solve3(a: number[], b: Vec3): Vec3 | null {
  const det = (m: number[]): number =>
    m[0] * (m[4] * m[8] - m[5] * m[7]) - m[1] * (m[3] * m[8] - m[5] * m[6]) + m[2] * (m[3] * m[7] - m[4] * m[6]);
  const d = det(a);
  if (Math.abs(d) < 1e-6 * Math.max(...a.map(Math.abs)) ** 3) return null;
  const replaced = (column: number): number[] => a.map((v, i) => (i % 3 === column ? b[Math.floor(i / 3)] : v));
  return [det(replaced(0)) / d, det(replaced(1)) / d, det(replaced(2)) / d];
}

/** The point with the least summed squared distance to all optical axes. */
function meetingPoint(views: View[], centres: Vec3[]): Vec3 | null {
  const a = new Array<number>(9).fill(0);
  const b: Vec3 = [0, 0, 0];
  views.forEach((view, v) => {
    const d = axis(view, 2);
    for (let i = 0; i < 3; i++) {
      for (let j = 0; j < 3; j++) {
        const m = (i === j ? 1 : 0) - d[i] * d[j];
        a[3 * i + j] += m / views.length;
        b[i] += (m * centres[v][j]) / views.length;
      }
    }
  });
  return solve3(a, b);
}

/** Depths of up to ~2,000 sparse points in every view that could see them, ascending. */
function visibleDepths({ cameras, views, points }: Reconstruction): number[] {
  const byId = new Map(cameras.map((camera) => [camera.id, camera]));
  const stride = Math.max(1, Math.floor(points.count / 2000));
  const depths: number[] = [];
  for (const view of views) {
    const r = rotationRows(view.pose.q);
    const camera = byId.get(view.cameraId);
    if (!camera) continue;
    for (let i = 0; i < points.count; i += stride) {
      const p = points.xyz.subarray(3 * i, 3 * i + 3);
      const c = [0, 1, 2].map((k) => r[3 * k] * p[0] + r[3 * k + 1] * p[1] + r[3 * k + 2] * p[2] + view.pose.t[k]);
      const u = (camera.fx * c[0]) / c[2] + camera.cx;
      const v = (camera.fy * c[1]) / c[2] + camera.cy;
      if (c[2] > 0 && u > 0 && v > 0 && u < camera.widthPx && v < camera.heightPx) depths.push(c[2]);
    }
  }
  return depths.sort((a, b) => a - b);
}

export function sceneFrame(reconstruction: Reconstruction): SceneFrame {
  const { views } = reconstruction;
  const centres = views.map((view) => cameraCentre(view));
  const mean = [0, 1, 2].map((k) => centres.reduce((sum, c) => sum + c[k], 0) / centres.length) as Vec3;
  const spread = Math.max(...centres.map((c) => Math.hypot(c[0] - mean[0], c[1] - mean[1], c[2] - mean[2])));
  const depths = visibleDepths(reconstruction);
  const typicalDepth = depths.length > 0 ? depths[depths.length >> 1] : null;
  // Cameras that all stand in one place give no extent of their own; the points' depth does.
  const extent = spread > 1e-6 ? spread * 1.1 : (typicalDepth ?? 1);
  const closest = depths.length > 0 ? 0.3 * depths[Math.floor(depths.length * 0.01)] : Infinity;
  const up = normalised([0, 1, 2].map((k) => -views.reduce((sum, view) => sum + axis(view, 1)[k], 0)) as Vec3);
  const forward = axis(views[0], 2);
  const ahead = typicalDepth ?? extent;
  const meeting = meetingPoint(views, centres);
  // Axes can also "meet" behind the cameras (photos taken outwards); then look ahead of the first one.
  const infront = meeting !== null && forward.reduce((sum, f, k) => sum + f * (meeting[k] - centres[0][k]), 0) > 0.1 * extent;
  const focus = infront ? meeting : ([0, 1, 2].map((k) => centres[0][k] + forward[k] * ahead) as Vec3);
  return { extent, near: Math.min(0.05 * extent, closest), focus, up };
}
