/**
 * Intrinsics given on the command line: numbers, or a file that holds a camera.
 * Invariant: what comes out is in pixels of the size that it names; a file that holds no camera is a Failure that names it.
 */
import { extname } from 'node:path';
import { readColmapBinary } from '../core/formats/colmapBinary.ts';
import { cameraOfParameters, checkCamera, isSupportedModel, unsupportedModel } from '../core/formats/colmapCameras.ts';
import { readColmapText } from '../core/formats/colmapText.ts';
import { parseTransforms, readTransforms } from '../core/formats/nerfstudio.ts';
import { type Result, fail, ok } from '../core/job/failure.ts';
import type { Camera } from '../core/scene/camera.ts';
import type { DecodedPhoto, KnownIntrinsics } from '../core/sfm/contract.ts';
import { readWhole } from './inputFiles.ts';
import type { GivenIntrinsics } from './intrinsicsFlag.ts';

type Json = Record<string, unknown>;
const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null;

/** A list of images, each with w, h and COLMAP's model and params: how poses are exchanged for measuring. */
function cameraOfImage(image: unknown, file: string): Result<Camera> {
  if (!isObject(image)) return fail('bad-file', `${file}: its first image is no object.`, { file });
  const { model, params, w, h } = image;
  if (typeof model !== 'string' || !isSupportedModel(model)) return unsupportedModel(JSON.stringify(model), 'The first image', file);
  const numbers = Array.isArray(params) ? params.map(Number) : [];
  return checkCamera(cameraOfParameters(1, model, Number(w), Number(h), numbers), 'The first image', file);
}

async function camerasOfJson(text: string, file: string): Promise<Result<Camera[]>> {
  const transforms = parseTransforms(text, file);
  if (!transforms.ok) {
    const parsed: unknown = text.includes('"images"') ? JSON.parse(text) : null;
    if (!isObject(parsed) || !Array.isArray(parsed['images'])) return transforms;
    const camera = cameraOfImage(parsed['images'][0], file);
    return camera.ok ? ok([camera.value]) : camera;
  }
  const model = await readTransforms(transforms.value, file, async () => null);
  return model.ok ? ok(model.value.cameras) : model;
}

const noImages = new Uint8Array(8);

async function camerasOf(file: string, bytes: Uint8Array): Promise<Result<Camera[]>> {
  const text = (): string => new TextDecoder().decode(bytes);
  const kind = extname(file).toLowerCase();
  if (kind === '.json') return camerasOfJson(text(), file);
  const model =
    kind === '.bin'
      ? readColmapBinary({ path: file, bytes }, { path: file, bytes: noImages }, null)
      : readColmapText({ path: file, text: text() }, { path: file, text: '' }, null);
  return model.ok ? ok(model.value.cameras) : model;
}

function knownOf({ widthPx, heightPx, fx, fy, cx, cy, k1, k2 }: Camera): KnownIntrinsics {
  return { widthPx, heightPx, fx, fy, cx, cy, k1, k2 };
}

/** The first camera of a cameras.txt, cameras.bin, transforms.json or reference.json. `bad-file` when there is none. */
async function intrinsicsOfFile(file: string): Promise<Result<KnownIntrinsics>> {
  const bytes = await readWhole(file);
  if (!bytes.ok) return bytes;
  try {
    const cameras = await camerasOf(file, bytes.value);
    if (!cameras.ok) return cameras;
    const [camera] = cameras.value;
    return camera ? ok(knownOf(camera)) : fail('bad-file', `${file} holds no camera.`, { file });
  } catch (error) {
    return fail('bad-file', `${file} cannot be read: ${error instanceof Error ? error.message : String(error)}.`, { file });
  }
}

/** `photoSize` is that of the photos as stored, upright, which bare numbers are meant for. */
export async function knownIntrinsics(
  given: GivenIntrinsics,
  photoSize: () => Promise<Result<Pick<DecodedPhoto, 'widthPx' | 'heightPx'>>>,
): Promise<Result<KnownIntrinsics>> {
  if ('file' in given) return intrinsicsOfFile(given.file);
  const size = await photoSize();
  if (!size.ok) return size;
  const { widthPx, heightPx } = size.value;
  const { fx, fy, cx, cy, k1, k2 } = given;
  return ok({ widthPx, heightPx, fx, fy, cx, cy, k1, k2 });
}
