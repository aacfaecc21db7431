/**
 * Writes a reconstruction as a COLMAP model, binary or text, without 2D observations and tracks (their lengths are not kept).
 * Invariant: what is written reads back as the same cameras, poses, names and points; doubles are exact in both forms.
 */
import type { Reconstruction } from '../scene/reconstruction.ts';
import { colmapModelId, colmapParameters } from './colmapCameras.ts';

/** The three files of a model, ready to be stored under the names <key>.bin or <key>.txt. */
export interface ColmapFiles {
  cameras: Uint8Array;
  images: Uint8Array;
  points3D: Uint8Array;
}

type Put = (view: DataView, at: number) => void;

/** Fields in order: how many bytes each takes and how it is put there. */
type Field = [bytes: number, put: Put];
const u8 = (value: number): Field => [1, (view, at) => view.setUint8(at, value)];
const u32 = (value: number): Field => [4, (view, at) => view.setUint32(at, value, true)];
const u64 = (value: number): Field => [8, (view, at) => view.setBigUint64(at, BigInt(value), true)];
const f64 = (value: number): Field => [8, (view, at) => view.setFloat64(at, value, true)];

function pack(fields: Field[]): Uint8Array {
  const bytes = new Uint8Array(fields.reduce((sum, [size]) => sum + size, 0));
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const [size, put] of fields) {
    put(view, at);
    at += size;
  }
  return bytes;
}

const zeroEnded = (text: string): Field[] => [...new TextEncoder().encode(text), 0].map(u8);

const pointIndices = (scene: Reconstruction): number[] => Array.from({ length: scene.points.count }, (_, i) => i);
const triple = (values: ArrayLike<number>, at: number): number[] => [values[3 * at], values[3 * at + 1], values[3 * at + 2]];

/** cameras.bin, images.bin and points3D.bin. Image and point ids count from 1. */
export function writeColmapBinary(scene: Reconstruction): ColmapFiles {
  const { cameras, views, points } = scene;
  const cameraFields = cameras.flatMap((c) => [
    ...[u32(c.id), u32(colmapModelId(c.model)), u64(c.widthPx), u64(c.heightPx)],
    ...colmapParameters(c).map(f64),
  ]);
  const imageFields = views.flatMap(({ pose, cameraId, photoName }, i) => [
    ...[u32(i + 1), ...pose.q.map(f64), ...pose.t.map(f64), u32(cameraId)],
    ...[...zeroEnded(photoName), u64(0)],
  ]);
  const pointFields = pointIndices(scene).flatMap((i) => [
    ...[u64(i + 1), ...triple(points.xyz, i).map(f64), ...triple(points.rgb, i).map(u8)],
    ...[f64(points.error[i]), u64(0)],
  ]);
  return {
    cameras: pack([u64(cameras.length), ...cameraFields]),
    images: pack([u64(views.length), ...imageFields]),
    points3D: pack([u64(points.count), ...pointFields]),
  };
}

const textFile = (header: string, lines: string[]): Uint8Array => new TextEncoder().encode([`# ${header}`, ...lines, ''].join('\n'));

/** cameras.txt, images.txt and points3D.txt. Image and point ids count from 1. */
export function writeColmapText(scene: Reconstruction): ColmapFiles {
  const { cameras, views, points } = scene;
  const cameraLines = cameras.map((c) => [c.id, c.model, c.widthPx, c.heightPx, ...colmapParameters(c)].join(' '));
  const imageLines = views.flatMap(({ pose, cameraId, photoName }, i) => [
    [i + 1, ...pose.q, ...pose.t, cameraId, photoName].join(' '),
    '',
  ]);
  const pointLines = pointIndices(scene).map((i) => [i + 1, ...triple(points.xyz, i), ...triple(points.rgb, i), points.error[i]].join(' '));
  return {
    cameras: textFile('CAMERA_ID, MODEL, WIDTH, HEIGHT, PARAMS[]', cameraLines),
    images: textFile('IMAGE_ID, QW, QX, QY, QZ, TX, TY, TZ, CAMERA_ID, NAME, then a line of POINTS2D[] as (X, Y, POINT3D_ID)', imageLines),
    points3D: textFile('POINT3D_ID, X, Y, Z, R, G, B, ERROR, TRACK[] as (IMAGE_ID, POINT2D_IDX)', pointLines),
  };
}
