/**
 * Undistort: brings decoded photos to the training size as ideal pinhole images on the GPU, with their half and quarter size behind
 * them in the same buffer.
 * Invariant: level 0 is the training size; level l + 1 is level l halved (shaders/image/halve.wgsl).
 */
import halveCode from '../../../shaders/image/halve.wgsl?raw';
import undistortCode from '../../../shaders/image/undistort.wgsl?raw';
import { bufferFrom, createBuffer, destroyBuffer, usage } from '../gpu/buffers.ts';
import type { Gpu } from '../gpu/device.ts';
import { createKernel } from '../gpu/kernel.ts';
import type { Camera, PinholeView, Pose } from '../scene/camera.ts';
import type { Pixels } from '../scene/dataset.ts';

export interface PhotoLevel {
  widthPx: number;
  heightPx: number;
  /** First pixel in the photo's buffer. */
  offset: number;
  fx: number;
  fy: number;
  cx: number;
  cy: number;
}

export const photoLevels = 3;

/** Sizes and intrinsics of all levels for a training width. */
export function levelsFor(camera: Camera, widthPx: number): PhotoLevel[] {
  const s = widthPx / camera.widthPx;
  const levels: PhotoLevel[] = [];
  let level: PhotoLevel = {
    widthPx,
    heightPx: Math.max(1, Math.round(camera.heightPx * s)),
    offset: 0,
    fx: camera.fx * s,
    fy: camera.fy * s,
    cx: camera.cx * s,
    cy: camera.cy * s,
  };
  for (let l = 0; l < photoLevels; l++) {
    levels.push(level);
    level = {
      widthPx: Math.max(1, Math.floor(level.widthPx / 2)),
      heightPx: Math.max(1, Math.floor(level.heightPx / 2)),
      offset: level.offset + level.widthPx * level.heightPx,
      fx: level.fx / 2,
      fy: level.fy / 2,
      cx: level.cx / 2,
      cy: level.cy / 2,
    };
  }
  return levels;
}

/** Pixels of all levels together. */
export const pixelsOf = (levels: PhotoLevel[]): number => levels.reduce((sum, level) => sum + level.widthPx * level.heightPx, 0);

export const viewAt = (level: PhotoLevel, pose: Pose): PinholeView => ({
  widthPx: level.widthPx,
  heightPx: level.heightPx,
  fx: level.fx,
  fy: level.fy,
  cx: level.cx,
  cy: level.cy,
  pose,
});

export interface Undistorter {
  /** Makes the photo's buffer of packed RGBA8 levels. The photo may be of another size than the camera says; it is scaled. */
  load(photo: Pixels, camera: Camera, levels: PhotoLevel[]): GPUBuffer;
}

const isDistorted = (lens: Camera): boolean => [lens.k1, lens.k2, lens.p1, lens.p2].some((value) => value !== 0);

/**
 * Sub-samples of a target pixel along each side: at least as many as photo pixels that it covers, and two, for between pixels one fetch
 * is not their mean. A photo that keeps size and shape keeps its very pixels.
 */
function sampleGrid(photo: Pixels, camera: Camera, level: PhotoLevel): number {
  const isSame = photo.widthPx === level.widthPx && photo.heightPx === level.heightPx && !isDistorted(camera);
  return isSame ? 1 : Math.max(2, Math.ceil(photo.widthPx / level.widthPx));
}

function lensBytes(photo: Pixels, camera: Camera, level: PhotoLevel): Uint8Array {
  const bytes = new Uint8Array(80);
  const [f, u] = [new Float32Array(bytes.buffer), new Uint32Array(bytes.buffer)];
  const [sx, sy] = [photo.widthPx / camera.widthPx, photo.heightPx / camera.heightPx];
  u.set([photo.widthPx, photo.heightPx, level.widthPx, level.heightPx]);
  f.set([camera.fx * sx, camera.fy * sy, camera.cx * sx, camera.cy * sy, level.fx, level.fy, level.cx, level.cy], 4);
  f.set([camera.k1, camera.k2, camera.p1, camera.p2], 12);
  u.set([sampleGrid(photo, camera, level), level.offset], 16);
  return bytes;
}

export async function createUndistorter(gpu: Gpu): Promise<Undistorter> {
  const [undistort, halve] = await Promise.all([
    createKernel(gpu, { label: 'undistort', code: [undistortCode], entry: 'undistort', bindings: ['uniform', 'read', 'write'] }),
    createKernel(gpu, { label: 'halve', code: [halveCode], entry: 'halve', bindings: ['uniform', 'write'] }),
  ]);
  const uniformBits = usage.uniform | usage.copyDst;
  return {
    load(photo, camera, levels) {
      const target = createBuffer(gpu, 'photo', pixelsOf(levels) * 4);
      const source = bufferFrom(gpu, 'decoded photo', photo.rgba);
      const temporary = [source, bufferFrom(gpu, 'lens', lensBytes(photo, camera, levels[0]), uniformBits)];
      const encoder = gpu.device.createCommandEncoder();
      const pass = encoder.beginComputePass();
      pass.setPipeline(undistort.pipeline);
      pass.setBindGroup(0, undistort.bind(temporary[1], source, target));
      pass.dispatchWorkgroups(Math.ceil(levels[0].widthPx / 8), Math.ceil(levels[0].heightPx / 8));
      pass.setPipeline(halve.pipeline);
      for (const [k, level] of levels.slice(1).entries()) {
        const words = new Uint32Array([levels[k].widthPx, level.widthPx, level.heightPx, 0, levels[k].offset, level.offset, 0, 0]);
        temporary.push(bufferFrom(gpu, 'halve sizes', words, uniformBits));
        pass.setBindGroup(0, halve.bind(temporary.at(-1)!, target));
        pass.dispatchWorkgroups(Math.ceil(level.widthPx / 8), Math.ceil(level.heightPx / 8));
      }
      pass.end();
      gpu.device.queue.submit([encoder.finish()]);
      for (const buffer of temporary) destroyBuffer(gpu, buffer);
      return target;
    },
  };
}
