/**
 * nerfstudio's and instant-ngp's transforms.json (nerfstudio documentation, "Data conventions"): camera-to-world matrices with OpenGL
 * camera axes, intrinsics for all frames or per frame.
 * Invariant: the world frame is the file's own; only the camera axes are turned to OpenCV's.
 */
import { type Result, fail, ok } from '../job/failure.ts';
import { poseOfOpenGlCameraToWorld } from '../math/pose.ts';
import type { Camera, Pose } from '../scene/camera.ts';
import { checkCamera, isSupportedModel, unsupportedModel } from './colmapCameras.ts';
import { normalisePath } from './fileListing.ts';
import { type PosedModel, type RawView, keepUsableViews, leftOut, noPoints } from './posedModel.ts';

type Json = Record<string, unknown>;
interface Size {
  widthPx: number;
  heightPx: number;
}

/** Size of the photo that a frame names, asked for only when the file does not say; null when it cannot be known. */
export type PhotoSize = (filePath: string) => Promise<Size | null>;

export interface TransformsFile {
  frames: Json[];
  globals: Json;
  /** Point cloud beside the file, as it names it. */
  pointsPath: string | null;
}

const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value);

/** Python's json module writes these, though JSON has no words for them; the values they stand in for are then missing. */
const pythonNumbers = /(?<=[[,:\s])-?(?:NaN|Infinity)(?=\s*[,\]}])/g;

/** Parses the file as far as its frames. `bad-file` for a syntax error or a file that is something else. */
export function parseTransforms(text: string, file: string): Result<TransformsFile> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text.replace(pythonNumbers, 'null'));
  } catch (error) {
    return fail('bad-file', `${file} is not valid JSON: ${error instanceof Error ? error.message : String(error)}.`, { file });
  }
  if (!isObject(parsed) || !Array.isArray(parsed['frames'])) return fail('bad-file', `${file} has no list of frames.`, { file });
  const frames = parsed['frames'] as unknown[];
  const odd = frames.findIndex((frame) => !isObject(frame) || typeof frame['file_path'] !== 'string');
  if (odd >= 0) return fail('bad-file', `${file}: frame ${odd + 1} of ${frames.length} has no file_path.`, { file });
  const points = parsed['ply_file_path'];
  return ok({ frames: frames as Json[], globals: parsed, pointsPath: typeof points === 'string' ? points : null });
}

export const framePath = (frame: Json): string => normalisePath(String(frame['file_path']));

/** Names of keys that hold a number but mean a lens we cannot undistort when they are not 0. */
const unsupportedTerms = ['k3', 'k4', 'k5', 'k6'];

/** `null` where the key is absent; NaN where it is no number. */
function numberAt(sources: Json[], key: string): number | null {
  const value = sources.find((source) => source[key] !== undefined && source[key] !== null)?.[key];
  return value === undefined ? null : typeof value === 'number' ? value : NaN;
}

const focalOfAngle = (angle: number | null, sidePx: number): number | null => (angle === null ? null : sidePx / 2 / Math.tan(angle / 2));

function unsupportedLens(sources: Json[], name: string, file: string): ReturnType<typeof fail> | null {
  const model = sources.find((source) => source['camera_model'] !== undefined)?.['camera_model'] ?? 'OPENCV';
  if (sources.some((source) => source['is_fisheye'] === true)) return unsupportedModel('is_fisheye', name, file);
  if (typeof model !== 'string' || !isSupportedModel(model)) return unsupportedModel(JSON.stringify(model), name, file);
  const term = unsupportedTerms.find((key) => (numberAt(sources, key) ?? 0) !== 0);
  return term === undefined ? null : unsupportedModel(`${model} with ${term}`, name, file);
}

/** Intrinsics of one frame; its id is given later. */
function cameraOf(sources: Json[], size: Size, name: string, file: string): Result<Camera> {
  const value = (key: string): number | null => numberAt(sources, key);
  const { widthPx, heightPx } = size;
  const fx = value('fl_x') ?? focalOfAngle(value('camera_angle_x'), widthPx);
  const fy = value('fl_y') ?? (value('fl_x') === null ? focalOfAngle(value('camera_angle_y'), heightPx) : null);
  const focal = fx ?? fy;
  if (focal === null) return fail('bad-file', `${file}: ${name} has no focal length (fl_x or camera_angle_x).`, { file });
  const [k1, k2, p1, p2] = ['k1', 'k2', 'p1', 'p2'].map((key) => value(key) ?? 0);
  const model = k1 === 0 && k2 === 0 && p1 === 0 && p2 === 0 ? 'PINHOLE' : 'OPENCV';
  const [cx, cy] = [value('cx') ?? widthPx / 2, value('cy') ?? heightPx / 2];
  return checkCamera({ id: 0, model, widthPx, heightPx, fx: focal, fy: fy ?? focal, cx, cy, k1, k2, p1, p2 }, name, file);
}

async function frameSize(sources: Json[], path: string, photoSize: PhotoSize): Promise<Size | null> {
  const [widthPx, heightPx] = [numberAt(sources, 'w'), numberAt(sources, 'h')];
  return widthPx !== null && heightPx !== null ? { widthPx, heightPx } : photoSize(path);
}

function poseOf(frame: Json): Pose | null {
  const matrix = frame['transform_matrix'];
  if (!Array.isArray(matrix) || (matrix.length !== 3 && matrix.length !== 4)) return null;
  const numbers = (matrix as unknown[]).flatMap((row) => (Array.isArray(row) && row.length === 4 ? (row as unknown[]) : [NaN]));
  return poseOfOpenGlCameraToWorld(numbers.map((value) => (typeof value === 'number' ? value : NaN)));
}

/** Number of the camera among those met so far; equal ones share a number. */
function cameraNumber(cameras: Map<string, Camera>, camera: Camera): number {
  const key = JSON.stringify(camera);
  const id = cameras.get(key)?.id ?? cameras.size + 1;
  cameras.set(key, { ...camera, id });
  return id;
}

/** Cameras and views; the photo names are the frames' file_path, normalised. `bad-file` for a lens that is not supported. */
export async function readTransforms(transforms: TransformsFile, file: string, photoSize: PhotoSize): Promise<Result<PosedModel>> {
  const cameras = new Map<string, Camera>();
  const raw: RawView[] = [];
  const sizeless: string[] = [];
  for (const frame of transforms.frames) {
    const photoName = framePath(frame);
    const sources = [frame, transforms.globals];
    const name = `The camera of ${photoName}`;
    const refusal = unsupportedLens(sources, name, file);
    if (refusal) return refusal;
    const size = await frameSize(sources, photoName, photoSize);
    if (!size) {
      sizeless.push(photoName);
      continue;
    }
    const camera = cameraOf(sources, size, name, file);
    if (!camera.ok) return camera;
    raw.push({ photoName, cameraId: cameraNumber(cameras, camera.value), pose: poseOf(frame) });
  }
  const list = [...cameras.values()];
  const { views, warnings } = keepUsableViews(raw, list, file);
  const unknown = leftOut('the file gives no w and h, and no JPEG or PNG of that name tells its size', sizeless, file);
  return ok({ cameras: list, views, points: noPoints(), warnings: [...unknown, ...warnings] });
}
