/**
 * Buffers: allocation with a name, byte counting and one-shot read back.
 * Invariant: every buffer made here is counted in gpu.memory until it is destroyed through destroyBuffer().
 */
import type { Gpu } from './device.ts';

/** Usage bits by value, because GPUBufferUsage is a global that plain Node lacks until Dawn is loaded. */
export const usage = {
  mapRead: 1,
  copySrc: 4,
  copyDst: 8,
  index: 16,
  uniform: 64,
  storage: 128,
  indirect: 256,
  queryResolve: 512,
} as const;

const storageUsage = usage.storage | usage.copySrc | usage.copyDst;

/** Creates a buffer of at least 16 bytes; storage by default. Size in bytes, rounded up to 4. */
export function createBuffer(gpu: Gpu, label: string, sizeBytes: number, bits: number = storageUsage): GPUBuffer {
  const size = Math.max(16, Math.ceil(sizeBytes / 4) * 4);
  const buffer = gpu.device.createBuffer({ label, size, usage: bits });
  gpu.memory.liveBytes += size;
  gpu.memory.peakBytes = Math.max(gpu.memory.peakBytes, gpu.memory.liveBytes);
  return buffer;
}

/** Creates a storage buffer that holds the given data. */
export function bufferFrom(gpu: Gpu, label: string, data: ArrayBufferView, bits: number = storageUsage): GPUBuffer {
  const buffer = createBuffer(gpu, label, data.byteLength, bits);
  gpu.device.queue.writeBuffer(buffer, 0, data.buffer, data.byteOffset, data.byteLength);
  return buffer;
}

export function destroyBuffer(gpu: Gpu, buffer: GPUBuffer): void {
  gpu.memory.liveBytes -= buffer.size;
  buffer.destroy();
}

/** Copies a range of a buffer to the CPU. Rejects when the device is lost meanwhile. */
export async function readBuffer(
  gpu: Gpu,
  buffer: GPUBuffer,
  offsetBytes = 0,
  sizeBytes = buffer.size - offsetBytes,
): Promise<ArrayBuffer> {
  const staging = createBuffer(gpu, `${buffer.label} read back`, sizeBytes, usage.mapRead | usage.copyDst);
  const encoder = gpu.device.createCommandEncoder();
  encoder.copyBufferToBuffer(buffer, offsetBytes, staging, 0, Math.ceil(sizeBytes / 4) * 4);
  gpu.device.queue.submit([encoder.finish()]);
  try {
    await staging.mapAsync(1);
    return staging.getMappedRange(0, Math.ceil(sizeBytes / 4) * 4).slice(0, sizeBytes);
  } finally {
    destroyBuffer(gpu, staging);
  }
}

/**
 * Copies whole buffers to the CPU as they are at one moment: work submitted later changes none of them. Rejects when the device is lost
 * meanwhile.
 */
export async function readTogether(gpu: Gpu, buffers: readonly GPUBuffer[]): Promise<ArrayBuffer[]> {
  if (buffers.length === 0) return [];
  const encoder = gpu.device.createCommandEncoder();
  const copies = buffers.map((buffer) => {
    const staging = createBuffer(gpu, `${buffer.label} read back`, buffer.size, usage.mapRead | usage.copyDst);
    encoder.copyBufferToBuffer(buffer, 0, staging, 0, buffer.size);
    return staging;
  });
  gpu.device.queue.submit([encoder.finish()]);
  try {
    await Promise.all(copies.map((staging) => staging.mapAsync(1)));
    return copies.map((staging, i) => staging.getMappedRange().slice(0, buffers[i].size));
  } finally {
    for (const staging of copies) destroyBuffer(gpu, staging);
  }
}

export const readF32 = async (gpu: Gpu, buffer: GPUBuffer, offsetBytes = 0, sizeBytes?: number): Promise<Float32Array> =>
  new Float32Array(await readBuffer(gpu, buffer, offsetBytes, sizeBytes));

export const readU32 = async (gpu: Gpu, buffer: GPUBuffer, offsetBytes = 0, sizeBytes?: number): Promise<Uint32Array> =>
  new Uint32Array(await readBuffer(gpu, buffer, offsetBytes, sizeBytes));
