/**
 * Writes a reconstruction as a COLMAP model, binary or text (COLMAP documentation, "Output format"), with 2D observations and tracks where
 * they are known.
 * Invariant: what is written reads back as the same cameras, poses, names and points; doubles are exact in both forms.
 */
import type { Reconstruction } from '../scene/reconstruction.ts';
import type { ViewObservations } from '../sfm/contract.ts';
import { colmapModelId, colmapParameters } from './colmapCameras.ts';
import { type Tracks, tracksOf } from './colmapTracks.ts';

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

/** Point ids count from 1; -1, which is 2^64 - 1 in the binary form, says that a key point shows none. */
const pointId = (index: number): number => (index < 0 ? -1 : index + 1);

/** Count, then x, y and point id each: a hundred thousand of them, so they are written at once. */
function observationBlock({ xy, point }: ViewObservations): Field {
  const write: Put = (view, at) => {
    view.setBigUint64(at, BigInt(point.length), true);
    for (let k = 0, to = at + 8; k < point.length; k++, to += 24) {
      view.setFloat64(to, xy[2 * k], true);
      view.setFloat64(to + 8, xy[2 * k + 1], true);
      const id = pointId(point[k]);
      view.setUint32(to + 16, id >>> 0, true);
      view.setUint32(to + 20, id < 0 ? 0xffff_ffff : 0, true);
    }
  };
  return [8 + 24 * point.length, write];
}

const nothingObserved = (scene: Reconstruction): ViewObservations[] =>
  scene.views.map(() => ({ xy: new Float64Array(0), point: new Int32Array(0) }));

/** Image id (from 1) and index of the key point, in turn, of everything that shows a point. */
function trackNumbers({ starts, views, keypoints }: Tracks, point: number): Uint32Array {
  const from = starts[point];
  return Uint32Array.from({ length: 2 * (starts[point + 1] - from) }, (_, i) => {
    const at = from + (i >> 1);
    return i % 2 === 0 ? views[at] + 1 : keypoints[at];
  });
}

function trackBlock(numbers: Uint32Array): Field {
  const write: Put = (view, at) => {
    view.setBigUint64(at, BigInt(numbers.length / 2), true);
    for (let i = 0; i < numbers.length; i++) view.setUint32(at + 8 + 4 * i, numbers[i], true);
  };
  return [8 + 4 * numbers.length, write];
}

/** cameras.bin, images.bin and points3D.bin. Image and point ids count from 1. `observations`: by view; none when left out. */
export function writeColmapBinary(scene: Reconstruction, observations = nothingObserved(scene)): ColmapFiles {
  const { cameras, views, points } = scene;
  const tracks = tracksOf(observations, points.count);
  const cameraFields = cameras.flatMap((c) => [
    ...[u32(c.id), u32(colmapModelId(c.model)), u64(c.widthPx), u64(c.heightPx)],
    ...colmapParameters(c).map(f64),
  ]);
  const imageFields = views.flatMap(({ pose, cameraId, photoName }, i) => [
    ...[u32(i + 1), ...pose.q.map(f64), ...pose.t.map(f64), u32(cameraId), ...zeroEnded(photoName)],
    observationBlock(observations[i]),
  ]);
  const pointFields = pointIndices(scene).flatMap((i) => [
    ...[u64(i + 1), ...triple(points.xyz, i).map(f64), ...triple(points.rgb, i).map(u8), f64(points.error[i])],
    trackBlock(trackNumbers(tracks, i)),
  ]);
  return {
    cameras: pack([u64(cameras.length), ...cameraFields]),
    images: pack([u64(views.length), ...imageFields]),
    points3D: pack([u64(points.count), ...pointFields]),
  };
}

const textFile = (header: string, lines: string[]): Uint8Array => new TextEncoder().encode([`# ${header}`, ...lines, ''].join('\n'));

const observationLine = ({ xy, point }: ViewObservations): string =>
  Array.from(point, (index, k) => `${xy[2 * k]} ${xy[2 * k + 1]} ${pointId(index)}`).join(' ');

/** cameras.txt, images.txt and points3D.txt. Image and point ids count from 1. `observations`: by view; none when left out. */
export function writeColmapText(scene: Reconstruction, observations = nothingObserved(scene)): ColmapFiles {
  const { cameras, views, points } = scene;
  const tracks = tracksOf(observations, points.count);
  const cameraLines = cameras.map((c) => [c.id, c.model, c.widthPx, c.heightPx, ...colmapParameters(c)].join(' '));
  const imageLines = views.flatMap(({ pose, cameraId, photoName }, i) => [
    [i + 1, ...pose.q, ...pose.t, cameraId, photoName].join(' '),
    observationLine(observations[i]),
  ]);
  const pointLines = pointIndices(scene).map((i) =>
    [i + 1, ...triple(points.xyz, i), ...triple(points.rgb, i), points.error[i], ...trackNumbers(tracks, i)].join(' '),
  );
  return {
    cameras: textFile('CAMERA_ID, MODEL, WIDTH, HEIGHT, PARAMS[]', cameraLines),
    images: textFile('IMAGE_ID, QW, QX, QY, QZ, TX, TY, TZ, CAMERA_ID, NAME, then a line of POINTS2D[] as (X, Y, POINT3D_ID)', imageLines),
    points3D: textFile('POINT3D_ID, X, Y, Z, R, G, B, ERROR, TRACK[] as (IMAGE_ID, POINT2D_IDX)', pointLines),
  };
}
