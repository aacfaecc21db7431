/**
 * COLMAP's binary model: cameras.bin, images.bin, points3D.bin (COLMAP documentation, "Output format"; little-endian).
 * Invariant: nothing is allocated from a count in the file before the bytes that are there could hold that many records.
 */
import { type Failure, type Result, fail, ok } from '../job/failure.ts';
import type { Quaternion, Vector3 } from '../math/rotation.ts';
import type { Camera } from '../scene/camera.ts';
import type { SparsePoints } from '../scene/reconstruction.ts';
import { type ByteReader, byteReader } from './byteReader.ts';
import {
  cameraOfParameters,
  checkCamera,
  colmapModelName,
  colmapParameterCount,
  isSupportedModel,
  unsupportedModel,
} from './colmapCameras.ts';
import { type PosedModel, type RawView, keepFinitePoints, keepUsableViews, noPoints, usablePose } from './posedModel.ts';

export interface NamedBytes {
  path: string;
  bytes: Uint8Array;
}

interface Records<T> {
  records: T[];
  warnings: Failure[];
}

/** Reads one record; null when the bytes end inside it. */
type ReadRecord<T> = (reader: ByteReader) => Result<T> | null;

/** A file that is a 64-bit count and that many records of at least `leastBytes` each. */
function readRecords<T>(file: NamedBytes, leastBytes: number, read: ReadRecord<T>): Result<Records<T>> {
  const { path, bytes } = file;
  const reader = byteReader(bytes);
  if (reader.left < 8)
    return fail('bad-file', `${path} is truncated: ${bytes.length} bytes are too few for its record count.`, { file: path });
  const count = reader.u64();
  if (count * leastBytes > reader.left) {
    const declared = Number.isFinite(count) ? count : 'more than 2^53';
    const detail = `${path} declares ${declared} records, but its ${bytes.length} bytes can hold at most ${Math.floor(reader.left / leastBytes)}: it is truncated or damaged.`;
    return fail('bad-file', detail, { file: path });
  }
  const records: T[] = [];
  for (let i = 0; i < count; i++) {
    const record = read(reader);
    if (!record) return fail('bad-file', `${path} is truncated: it ends inside record ${i + 1} of ${count}.`, { file: path });
    if (!record.ok) return record;
    records.push(record.value);
  }
  if (reader.left === 0) return ok({ records, warnings: [] });
  return ok({
    records,
    warnings: [{ code: 'bad-file', detail: `${path} has ${reader.left} bytes after its last record; they are ignored.`, file: path }],
  });
}

const cameraReader =
  (path: string): ReadRecord<Camera> =>
  (reader) => {
    if (reader.left < 24) return null;
    const id = reader.u32();
    const model = colmapModelName(reader.i32());
    const [widthPx, heightPx] = [reader.u64(), reader.u64()];
    if (!isSupportedModel(model)) return unsupportedModel(model, `Camera ${id}`, path);
    const count = colmapParameterCount(model);
    if (reader.left < 8 * count) return null;
    const parameters = Array.from({ length: count }, () => reader.f64());
    return checkCamera(cameraOfParameters(id, model, widthPx, heightPx, parameters), `Camera ${id}`, path);
  };

const bytesPerObservation = 24;

const readImage: ReadRecord<RawView> = (reader) => {
  if (reader.left < 64) return null;
  reader.skip(4); // image_id
  const q: Quaternion = [reader.f64(), reader.f64(), reader.f64(), reader.f64()];
  const t: Vector3 = [reader.f64(), reader.f64(), reader.f64()];
  const cameraId = reader.u32();
  const photoName = reader.zeroEndedText();
  if (photoName === null || reader.left < 8) return null;
  const observations = reader.u64() * bytesPerObservation;
  if (reader.left < observations) return null;
  reader.skip(observations);
  return ok({ photoName, cameraId, pose: usablePose(q, t) });
};

const leastPointBytes = 51;
const bytesPerTrackElement = 8;

/** How many points a record count may claim; the records are then read straight into typed arrays of that length. */
function readPoints(file: NamedBytes): Result<{ points: SparsePoints; warnings: Failure[] }> {
  const most = Math.floor(file.bytes.length / leastPointBytes);
  const points: SparsePoints = {
    count: 0,
    xyz: new Float64Array(3 * most),
    rgb: new Uint8Array(3 * most),
    error: new Float32Array(most),
    trackLength: new Uint32Array(most),
  };
  const read = readRecords(file, leastPointBytes, (reader) => readPoint(reader, points));
  if (!read.ok) return read;
  const { count } = points;
  const used: SparsePoints = {
    count,
    xyz: points.xyz.slice(0, 3 * count),
    rgb: points.rgb.slice(0, 3 * count),
    error: points.error.slice(0, count),
    trackLength: points.trackLength.slice(0, count),
  };
  return ok({ points: used, warnings: read.value.warnings });
}

/** Appends one point. */
function readPoint(reader: ByteReader, points: SparsePoints): Result<null> | null {
  if (reader.left < leastPointBytes) return null;
  const at = points.count++;
  reader.skip(8); // point3D_id
  for (let c = 0; c < 3; c++) points.xyz[3 * at + c] = reader.f64();
  for (let c = 0; c < 3; c++) points.rgb[3 * at + c] = reader.u8();
  points.error[at] = reader.f64();
  const track = reader.u64();
  if (reader.left < track * bytesPerTrackElement) return null;
  points.trackLength[at] = track;
  reader.skip(track * bytesPerTrackElement);
  return ok(null);
}

/** How many images images.bin declares, capped by what its bytes can hold; 0 when it is too short to say. */
export function countBinaryImages(images: Uint8Array): number {
  return images.length < 8 ? 0 : Math.min(byteReader(images).u64(), Math.floor((images.length - 8) / leastImageBytes));
}

const leastCameraBytes = 48;
const leastImageBytes = 73;

/** Reads a model; without points3D.bin it has no points. `bad-file` names the file and the record. */
export function readColmapBinary(camerasFile: NamedBytes, imagesFile: NamedBytes, pointsFile: NamedBytes | null): Result<PosedModel> {
  const cameras = readRecords(camerasFile, leastCameraBytes, cameraReader(camerasFile.path));
  if (!cameras.ok) return cameras;
  const images = readRecords(imagesFile, leastImageBytes, readImage);
  if (!images.ok) return images;
  const read = pointsFile ? readPoints(pointsFile) : ok({ points: noPoints(), warnings: [] });
  if (!read.ok) return read;
  const usable = keepUsableViews(images.value.records, cameras.value.records, imagesFile.path);
  const finite = keepFinitePoints(read.value.points, pointsFile?.path ?? '');
  return ok({
    cameras: cameras.value.records,
    views: usable.views,
    points: finite.points,
    warnings: [...cameras.value.warnings, ...images.value.warnings, ...read.value.warnings, ...usable.warnings, ...finite.warnings],
  });
}
