/**
 * What the fixtures' scene must look like to a camera of the element, worked out from the element's contract alone: the camera stands at
 * target + radius (sin phi sin theta, cos phi, sin phi cos theta) and the world is the file turned by half a turn about z.
 * Invariant: nothing of src/viewer is used; splats are drawn by the rasterizer's f64 twin.
 */
import { quaternionOfMatrix } from '../../src/core/math/rotation.ts';
import { renderRef } from '../../src/core/raster/render.ref.ts';
import type { PinholeView } from '../../src/core/scene/camera.ts';
import type { Pixels } from '../../src/core/scene/dataset.ts';
import type { Splats } from '../../src/core/scene/splats.ts';
import { blobs } from '../fixtures/splatFiles.ts';

type Vec = [number, number, number];

export const widthPx = 320;
export const heightPx = 240;

/** From aside and above, so that no mirrored or turned picture is the same. */
const thetaDeg = 25;
const phiDeg = 70;
const radius = 5;
const target: Vec = [0.1, -0.05, 0.2];
const fovDeg = 45;
export const orbitText = `${thetaDeg}deg ${phiDeg}deg ${radius}m`;
export const cameraAttributes = `camera-orbit="${orbitText}" camera-target="${target.join(' ')}" field-of-view="${fovDeg}deg" background="#000"`;

const dot = (a: Vec, b: Vec): number => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
const cross = (a: Vec, b: Vec): Vec => [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
const unit = (a: Vec): Vec => a.map((v) => v / Math.hypot(...a)) as Vec;
const minus = (a: Vec, b: Vec): Vec => [a[0] - b[0], a[1] - b[1], a[2] - b[2]];

const [theta, phi] = [thetaDeg, phiDeg].map((deg) => (deg * Math.PI) / 180);
const direction: Vec = [Math.sin(phi) * Math.sin(theta), Math.cos(phi), Math.sin(phi) * Math.cos(theta)];
const position: Vec = [0, 1, 2].map((k) => target[k] + radius * direction[k]) as Vec;
const forward = unit(minus(target, position));
const right = unit(cross(forward, [0, 1, 0]));
const up = cross(right, forward);
const focalPx = Math.min(widthPx, heightPx) / 2 / Math.tan((fovDeg * Math.PI) / 360);

/** The camera for the twin: file to camera, x right, y down, z ahead. */
function view(): PinholeView {
  const rows: Vec[] = [right, [-up[0], -up[1], -up[2]], forward];
  const q = quaternionOfMatrix(rows.flatMap(([x, y, z]) => [-x, -y, z]));
  if (!q) throw new Error('No rotation.');
  const t = rows.map((row) => -dot(row, position)) as Vec;
  return { widthPx, heightPx, fx: focalPx, fy: focalPx, cx: widthPx / 2, cy: heightPx / 2, pose: { q, t } };
}

/** The picture on black. */
export function trueShot(splats: Splats, shDegree: number): Pixels {
  const { image, finalT } = renderRef(splats, view(), { near: 0.2, stopAtT: 0, activeShDegree: shDegree });
  const rgba = new Uint8ClampedArray(4 * finalT.length).fill(255);
  for (let p = 0; p < finalT.length; p++) for (let c = 0; c < 3; c++) rgba[4 * p + c] = 255 * image[3 * p + c];
  return { widthPx, heightPx, rgba: new Uint8Array(rgba.buffer) };
}

/** Where the blobs' middles appear, in pixels, and their colours, 0..255. */
export const blobPlaces = blobs.map(({ centre: [x, y, z], colour }) => {
  const offset = minus([-x, -y, z], position);
  const f = focalPx / dot(offset, forward);
  return { xPx: widthPx / 2 + f * dot(offset, right), yPx: heightPx / 2 - f * dot(offset, up), rgb: colour.map((v) => 255 * v) as Vec };
});

/** Mean colour of a square of 11 pixels. */
export function meanAt({ rgba }: Pixels, xPx: number, yPx: number): Vec {
  const sum: Vec = [0, 0, 0];
  for (let dy = -5; dy <= 5; dy++)
    for (let dx = -5; dx <= 5; dx++)
      for (let c = 0; c < 3; c++) sum[c] += rgba[4 * ((Math.floor(yPx) + dy) * widthPx + Math.floor(xPx) + dx) + c] / 121;
  return sum;
}

/** The blob whose colour is nearest, with black behind showing through: by direction. */
export function nearestBlob(rgb: Vec): { index: number; cosine: number } {
  const cosines = blobPlaces.map((blob) => dot(unit(rgb), unit(blob.rgb)));
  const index = cosines.indexOf(Math.max(...cosines));
  return { index, cosine: cosines[index] };
}
