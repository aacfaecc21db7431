/**
 * COLMAP's camera models: numbers, names and parameter order (COLMAP, src/colmap/sensor/models.h).
 * Invariant: a camera that comes out of here has a model we undistort, a size, and positive finite focal lengths.
 */
import { type Result, fail, ok } from '../job/failure.ts';
import type { Camera, CameraModel } from '../scene/camera.ts';

/** Number of parameters by model number; the index is the number in cameras.bin. */
const modelTable: [name: string, parameters: number][] = [
  ['SIMPLE_PINHOLE', 3],
  ['PINHOLE', 4],
  ['SIMPLE_RADIAL', 4],
  ['RADIAL', 5],
  ['OPENCV', 8],
  ['OPENCV_FISHEYE', 8],
  ['FULL_OPENCV', 12],
  ['FOV', 5],
  ['SIMPLE_RADIAL_FISHEYE', 4],
  ['RADIAL_FISHEYE', 5],
  ['THIN_PRISM_FISHEYE', 12],
  ['RAD_TAN_THIN_PRISM_FISHEYE', 16],
];
const supported: readonly CameraModel[] = ['SIMPLE_PINHOLE', 'PINHOLE', 'SIMPLE_RADIAL', 'RADIAL', 'OPENCV'];

/** No photo is larger; a larger number is a damaged file. */
const maxSidePx = 1 << 20;

export const isSupportedModel = (name: string): name is CameraModel => (supported as readonly string[]).includes(name);
/** Name for a model number; a number we do not know is given as words. */
export const colmapModelName = (modelId: number): string => modelTable[modelId]?.[0] ?? `number ${modelId}`;
export const colmapModelId = (model: CameraModel): number => modelTable.findIndex(([name]) => name === model);
export const colmapParameterCount = (model: CameraModel): number => modelTable[colmapModelId(model)][1];

/** `bad-file` that names the camera and its model. */
export function unsupportedModel(model: string, camera: string, file: string): ReturnType<typeof fail> {
  const detail = `${camera} has the camera model ${model}, which is not supported. Supported are ${supported.join(', ')}.`;
  return fail('bad-file', detail, { file });
}

const parametersOf: Record<CameraModel, (camera: Camera) => number[]> = {
  SIMPLE_PINHOLE: (c) => [c.fx, c.cx, c.cy],
  PINHOLE: (c) => [c.fx, c.fy, c.cx, c.cy],
  SIMPLE_RADIAL: (c) => [c.fx, c.cx, c.cy, c.k1],
  RADIAL: (c) => [c.fx, c.cx, c.cy, c.k1, c.k2],
  OPENCV: (c) => [c.fx, c.fy, c.cx, c.cy, c.k1, c.k2, c.p1, c.p2],
};

/** Parameters in COLMAP's order. */
export const colmapParameters = (camera: Camera): number[] => parametersOf[camera.model](camera);

/** Camera from COLMAP's parameter list, which has colmapParameterCount(model) entries. */
export function cameraOfParameters(id: number, model: CameraModel, widthPx: number, heightPx: number, p: number[]): Camera {
  const twoFocals = model === 'PINHOLE' || model === 'OPENCV';
  const [fx, fy, cx, cy, k1 = 0, k2 = 0, p1 = 0, p2 = 0] = twoFocals ? p : [p[0], ...p];
  return { id, model, widthPx, heightPx, fx, fy, cx, cy, k1, k2, p1, p2 };
}

/** The camera itself when it can be used; `bad-file` naming what is wrong otherwise. */
export function checkCamera(camera: Camera, name: string, file: string): Result<Camera> {
  const { widthPx, heightPx, fx, fy } = camera;
  for (const side of [widthPx, heightPx]) {
    if (!Number.isInteger(side) || side < 1 || side > maxSidePx) {
      return fail('bad-file', `${name} has the size ${widthPx} x ${heightPx} px, which no photo has.`, { file });
    }
  }
  if (!(fx > 0 && fy > 0)) return fail('bad-file', `${name} has the focal lengths ${fx} and ${fy} px; they must be above 0.`, { file });
  const numbers = [fx, fy, camera.cx, camera.cy, camera.k1, camera.k2, camera.p1, camera.p2];
  if (!numbers.every(Number.isFinite)) return fail('bad-file', `${name} has a parameter that is not a finite number.`, { file });
  return ok(camera);
}
