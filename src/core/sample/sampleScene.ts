/**
 * The sample photo set: a still life with a known truth, photographed by ray casting, for trying the app without photos of one's own and
 * for tests.
 * Invariant: no randomness but fixed tables, so every run on every machine gives the same cameras and, to rounding, the same pixels.
 */
import { cameraCentre } from '../math/pose.ts';
import { type Vector3, matrixOfQuaternion } from '../math/rotation.ts';
import type { Camera, Pose, View } from '../scene/camera.ts';
import type { Pixels } from '../scene/dataset.ts';
import type { Reconstruction, SparsePoints } from '../scene/reconstruction.ts';
import { lookAt, rayThrough } from './cameraRays.ts';
import { type Light, createLight } from './light.ts';
import { paint } from './materials.ts';
import { type SurfaceHit, firstHit, normalAt } from './shapes.ts';

export interface SampleScene {
  /** Exact cameras, views and surface points. World units; z is up, the table's top lies at 0. */
  reconstruction: Reconstruction;
  /** The photo of a view, by its place in reconstruction.views; drawn when asked for. */
  photo(index: number): Pixels;
}

export interface SampleOptions {
  /** 640 by default; photos are 4:3. */
  widthPx?: number;
  viewCount?: number;
  pointCount?: number;
}

export const sampleViewCount = 28;
const middle: Vector3 = [0, 0, 0.5];
/** Two rings around the table, from where its things are seen from the side and from above. */
const rings = [
  { radius: 3.5, height: 1.25 },
  { radius: 3.1, height: 2.4 },
];

/** Views go round once and change the ring every time, so that a view's neighbours lie on both. */
function sampleViews(count: number): View[] {
  return Array.from({ length: count }, (_, i) => {
    const angle = (2 * Math.PI * i) / count + 0.35;
    const { radius, height } = rings[i % 2];
    const eye: Vector3 = [radius * Math.cos(angle), radius * Math.sin(angle), height + 0.12 * Math.sin(5 * angle)];
    return { photoName: `photo_${String(i + 1).padStart(2, '0')}.jpg`, cameraId: 1, pose: lookAt(eye, middle) };
  });
}

function lens(widthPx: number): Camera {
  const heightPx = Math.round(0.75 * widthPx);
  const focal = 1.02 * widthPx;
  const shape = { widthPx, heightPx, fx: focal, fy: focal, cx: widthPx / 2, cy: heightPx / 2, k1: 0, k2: 0, p1: 0, p2: 0 };
  return { id: 1, model: 'PINHOLE', ...shape };
}

type Trace = (ray: Float64Array, out: Float64Array) => SurfaceHit;

/** Colour (0..1, into `out`) and hit of rays from one eye. */
function createTrace(eye: Float64Array, light: Light): Trace {
  const hit: SurfaceHit = { surface: 'wall', distance: 0 };
  const normal = new Float64Array(3);
  return (ray, out) => {
    firstHit(eye, ray, hit);
    const { surface, distance } = hit;
    const x = eye[0] + distance * ray[0];
    const y = eye[1] + distance * ray[1];
    const z = eye[2] + distance * ray[2];
    paint(surface, x, y, z, out);
    if (surface === 'wall' || surface === 'floor' || surface === 'ceiling' || surface === 'rim') return hit;
    normalAt(surface, x, y, z, normal);
    const brightness = light.at(x, y, z, normal);
    for (let c = 0; c < 3; c++) out[c] *= brightness;
    return hit;
  };
}

/** Colours along a row of pixel positions (0.., v) that start at `firstU`, one pixel apart. */
function traceRow(camera: Camera, rotation: number[], trace: Trace, firstU: number, v: number, row: Float64Array): void {
  const out = new Float64Array(3);
  const ray = new Float64Array(3);
  const y = (v - camera.cy) / camera.fy;
  for (let at = 0, u = firstU; at < row.length; at += 3, u++) {
    const x = (u - camera.cx) / camera.fx;
    const scale = 1 / Math.sqrt(x * x + y * y + 1);
    for (let c = 0; c < 3; c++) ray[c] = scale * (rotation[c] * x + rotation[3 + c] * y + rotation[6 + c]);
    trace(ray, out);
    row[at] = out[0];
    row[at + 1] = out[1];
    row[at + 2] = out[2];
  }
}

/** A pixel is half its middle and an eighth each of its corners, which neighbours share: five rays' smoothness for two. */
function photograph(camera: Camera, pose: Pose, light: Light): Pixels {
  const { widthPx, heightPx } = camera;
  const rotation = matrixOfQuaternion(pose.q);
  const trace = createTrace(Float64Array.from(cameraCentre(pose)), light);
  const rgba = new Uint8Array(4 * widthPx * heightPx).fill(255);
  let above = new Float64Array(3 * (widthPx + 1));
  let below = new Float64Array(3 * (widthPx + 1));
  const centres = new Float64Array(3 * widthPx);
  traceRow(camera, rotation, trace, 0, 0, below);
  for (let row = 0; row < heightPx; row++) {
    [above, below] = [below, above];
    traceRow(camera, rotation, trace, 0, row + 1, below);
    traceRow(camera, rotation, trace, 0.5, row + 0.5, centres);
    for (let column = 0; column < widthPx; column++) {
      for (let c = 0; c < 3; c++) {
        const at = 3 * column + c;
        const value = 0.5 * centres[at] + 0.125 * (above[at] + above[at + 3] + below[at] + below[at + 3]);
        rgba[4 * (row * widthPx + column) + c] = Math.round(255 * Math.min(1, value));
      }
    }
  }
  return { widthPx, heightPx, rgba };
}

/** Exact hits of rays through a fixed spread of pixels (additive recurrence, so they never line up). */
function surfacePoints(camera: Camera, views: View[], count: number, light: Light): SparsePoints {
  const xyz = new Float64Array(3 * count);
  const rgb = new Uint8Array(3 * count);
  const out = new Float64Array(3);
  for (let i = 0; i < count; i++) {
    const { pose } = views[i % views.length];
    const u = ((0.5 + i * 0.7548776662466927) % 1) * camera.widthPx;
    const v = ((0.5 + i * 0.5698402909980532) % 1) * camera.heightPx;
    const eye = cameraCentre(pose);
    const ray = rayThrough(camera, matrixOfQuaternion(pose.q), u, v);
    const { distance } = createTrace(Float64Array.from(eye), light)(Float64Array.from(ray), out);
    for (let c = 0; c < 3; c++) {
      xyz[3 * i + c] = eye[c] + distance * ray[c];
      rgb[3 * i + c] = Math.round(255 * Math.min(1, out[c]));
    }
  }
  return { count, xyz, rgb, error: new Float32Array(count), trackLength: new Uint32Array(count) };
}

/** Photos, exact cameras and exact surface points of the sample. Photos are drawn one by one, as they are asked for. */
export function sampleScene({ widthPx = 640, viewCount = sampleViewCount, pointCount = 0 }: SampleOptions = {}): SampleScene {
  const camera = lens(widthPx);
  const views = sampleViews(viewCount);
  const light = createLight();
  const points = surfacePoints(camera, views, pointCount, light);
  return { reconstruction: { cameras: [camera], views, points }, photo: (index) => photograph(camera, views[index].pose, light) };
}
