/**
 * Splat buffers: the parameters of up to `capacity` splats on the GPU, column by column so that neighbouring invocations read
 * neighbouring memory.
 * Invariant: geometry holds 3 columns of vec4 (mean + logit, quaternion wxyz, log scales), sh holds 3 * basis columns of f32.
 */
import { bufferFrom, destroyBuffer, readF32 } from '../gpu/buffers.ts';
import type { Gpu } from '../gpu/device.ts';
import { type Splats, emptySplats, shBasisCount } from '../scene/splats.ts';

export interface SplatBuffers {
  capacity: number;
  shDegree: number;
  geometry: GPUBuffer;
  sh: GPUBuffer;
  dispose(): void;
}

/** Bytes per splat: 12 floats of geometry and 3 (d+1)^2 of colour. */
export const bytesPerSplat = (shDegree: number): number => 48 + 12 * shBasisCount(shDegree);

/** Packs splats into the GPU's columns. A lower SH degree than the buffer's is padded with zeros; a higher one is cut. */
export function packSplats(splats: Splats, capacity: number, shDegree: number): { geometry: Float32Array; sh: Float32Array } {
  const geometry = new Float32Array(capacity * 12);
  const basis = shBasisCount(shDegree);
  const sh = new Float32Array(capacity * basis * 3);
  const from = shBasisCount(splats.shDegree);
  for (let i = 0; i < splats.count; i++) {
    geometry.set(splats.means.subarray(3 * i, 3 * i + 3), 4 * i);
    geometry[4 * i + 3] = splats.opacityLogits[i];
    geometry.set(splats.quats.subarray(4 * i, 4 * i + 4), 4 * (capacity + i));
    geometry.set(splats.logScales.subarray(3 * i, 3 * i + 3), 4 * (2 * capacity + i));
    for (let k = 0; k < 3 * Math.min(basis, from); k++) sh[k * capacity + i] = splats.sh[i * from * 3 + k];
  }
  return { geometry, sh };
}

export function unpackSplats(geometry: Float32Array, sh: Float32Array, count: number, shDegree: number, antialiased: boolean): Splats {
  const capacity = geometry.length / 12;
  const columns = 3 * shBasisCount(shDegree);
  const splats = emptySplats(count, shDegree, antialiased);
  for (let i = 0; i < count; i++) {
    splats.means.set(geometry.subarray(4 * i, 4 * i + 3), 3 * i);
    splats.opacityLogits[i] = geometry[4 * i + 3];
    splats.quats.set(geometry.subarray(4 * (capacity + i), 4 * (capacity + i) + 4), 4 * i);
    splats.logScales.set(geometry.subarray(4 * (2 * capacity + i), 4 * (2 * capacity + i) + 3), 3 * i);
    for (let k = 0; k < columns; k++) splats.sh[i * columns + k] = sh[k * capacity + i];
  }
  return splats;
}

/** Uploads splats into buffers with room for `capacity` of them. */
export function createSplatBuffers(gpu: Gpu, splats: Splats, capacity: number, shDegree: number): SplatBuffers {
  const packed = packSplats(splats, capacity, shDegree);
  const geometry = bufferFrom(gpu, 'geometry', packed.geometry);
  const sh = bufferFrom(gpu, 'spherical harmonics', packed.sh);
  return {
    capacity,
    shDegree,
    geometry,
    sh,
    dispose() {
      for (const buffer of [geometry, sh]) destroyBuffer(gpu, buffer);
    },
  };
}

/** Reads the first `count` splats back. */
export async function readSplats(gpu: Gpu, buffers: SplatBuffers, count: number, antialiased: boolean): Promise<Splats> {
  const [geometry, sh] = [await readF32(gpu, buffers.geometry), await readF32(gpu, buffers.sh)];
  return unpackSplats(geometry, sh, count, buffers.shDegree, antialiased);
}
