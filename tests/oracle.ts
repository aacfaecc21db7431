/**
 * Reads what the PyTorch reference trainer dumps: one view's parameters, image, loss and all gradients, in a NumPy .npz archive.
 * Invariant: arrays come back in f64, C order, whatever their stored precision.
 */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { unzipSync } from 'fflate';
import type { PinholeView } from '../src/core/scene/camera.ts';
import type { F64Splats } from './randomScene.ts';

export interface NpyArray {
  shape: number[];
  data: Float64Array;
}

/** One .npy file (NumPy format versions 1 to 3), little-endian f32 or f64, C order. Throws on anything else. */
export function readNpy(bytes: Uint8Array): NpyArray {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes[0] !== 0x93 || new TextDecoder().decode(bytes.subarray(1, 6)) !== 'NUMPY') throw new Error('not an .npy file');
  const start = bytes[6] === 1 ? 10 : 12;
  const end = start + (bytes[6] === 1 ? view.getUint16(8, true) : view.getUint32(8, true));
  const header = new TextDecoder().decode(bytes.subarray(start, end));
  const type = /'descr': '(<f[48])'/.exec(header)?.[1];
  const shape = /'shape': \(([^)]*)\)/.exec(header)?.[1];
  if (type === undefined || shape === undefined || !header.includes("'fortran_order': False"))
    throw new Error(`.npy header not supported: ${header}`);
  const sizes = shape
    .split(',')
    .filter((part) => part.trim() !== '')
    .map(Number);
  const count = sizes.reduce((a, b) => a * b, 1);
  const data = Float64Array.from({ length: count }, (_, k) =>
    type === '<f4' ? view.getFloat32(end + 4 * k, true) : view.getFloat64(end + 8 * k, true),
  );
  return { shape: sizes, data };
}

/** All arrays of an .npz archive by name. */
export function readNpz(bytes: Uint8Array): Record<string, NpyArray> {
  return Object.fromEntries(Object.entries(unzipSync(bytes)).map(([name, file]) => [name.replace(/\.npy$/, ''), readNpy(file)]));
}

export interface Oracle {
  near: number;
  view: PinholeView;
  splats: F64Splats;
  /** [H, W, 3] */
  target: Float64Array;
  /** [H, W, 3] */
  image: Float64Array;
  loss: number;
  gradients: { means: Float64Array; logScales: Float64Array; quats: Float64Array; opacityLogits: Float64Array; sh: Float64Array };
}

/** Unit quaternion wxyz of a rotation matrix whose rotation is not within rounding of a half turn. */
function quaternion(r: Float64Array): [number, number, number, number] {
  const w = Math.sqrt(1 + r[0] + r[4] + r[8]) / 2;
  return [w, (r[7] - r[5]) / (4 * w), (r[2] - r[6]) / (4 * w), (r[3] - r[1]) / (4 * w)];
}

export function readOracle(path: string): Oracle {
  const arrays = readNpz(readFileSync(path));
  const get = (name: string): Float64Array => arrays[name].data;
  const [heightPx, widthPx] = arrays['image'].shape;
  const [fx, fy, cx, cy] = get('K');
  const [tx, ty, tz] = get('t');
  return {
    near: get('near')[0],
    view: { widthPx, heightPx, fx, fy, cx, cy, pose: { q: quaternion(get('R')), t: [tx, ty, tz] } },
    splats: {
      count: arrays['means'].shape[0],
      shDegree: 1,
      antialiased: false,
      means: get('means'),
      logScales: get('log_scales'),
      quats: get('quats'),
      opacityLogits: get('opacity_logits'),
      sh: get('sh'),
    },
    target: get('target'),
    image: get('image'),
    loss: get('loss')[0],
    gradients: {
      means: get('grad_means'),
      logScales: get('grad_log_scales'),
      quats: get('grad_quats'),
      opacityLogits: get('grad_opacity_logits'),
      sh: get('grad_sh'),
    },
  };
}

const fromRoot = (path: string): string => fileURLToPath(new URL(`../${path}`, import.meta.url));

/** A small random scene in f64, always there (made by fixtures/make_torch_oracle.py). */
export const smallOraclePath = fromRoot('tests/fixtures/torch_oracle.npz');

/** A real view with thousands of splats: SPLAT_ORACLE, the shared data beside the repository or .cache/oracle.npz; null when absent. */
export function findLargeOracle(): string | null {
  const chosen = process.env['SPLAT_ORACLE'];
  if (chosen) return chosen;
  return [fromRoot('../shared/data/fox/oracle.npz'), fromRoot('.cache/oracle.npz')].find((path) => existsSync(path)) ?? null;
}

/** Relative L2 error and cosine of two vectors. */
export function compareVectors(got: ArrayLike<number>, want: ArrayLike<number>): { relativeL2: number; cosine: number } {
  let [gg, ww, gw, dd] = [0, 0, 0, 0];
  for (let k = 0; k < want.length; k++) {
    gg += got[k] * got[k];
    ww += want[k] * want[k];
    gw += got[k] * want[k];
    dd += (got[k] - want[k]) ** 2;
  }
  return { relativeL2: Math.sqrt(dd / ww), cosine: gw / Math.sqrt(gg * ww) };
}
