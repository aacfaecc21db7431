/** Reads an rgba8unorm texture with premultiplied alpha as a picture with straight alpha. Invariant: rows come from the top, without padding. */
import { createBuffer, destroyBuffer, usage } from '../gpu/buffers.ts';
import type { Gpu } from '../gpu/device.ts';
import type { Picture } from './splatRenderer.ts';

/** Rows of a copy from a texture start at multiples of this. */
const rowAlignment = 256;

/** Divides colours by their alpha, in place. */
export function unpremultiply(rgba: Uint8ClampedArray): void {
  for (let i = 0; i < rgba.length; i += 4) {
    const alpha = rgba[i + 3];
    if (alpha === 255 || alpha === 0) continue;
    for (let k = 0; k < 3; k++) rgba[i + k] = (rgba[i + k] * 255) / alpha;
  }
}

export async function readTexture(gpu: Gpu, texture: GPUTexture): Promise<Picture> {
  const [widthPx, heightPx] = [texture.width, texture.height];
  const bytesPerRow = Math.ceil((4 * widthPx) / rowAlignment) * rowAlignment;
  const staging = createBuffer(gpu, 'picture', bytesPerRow * heightPx, usage.mapRead | usage.copyDst);
  const encoder = gpu.device.createCommandEncoder();
  encoder.copyTextureToBuffer({ texture }, { buffer: staging, bytesPerRow }, [widthPx, heightPx]);
  gpu.device.queue.submit([encoder.finish()]);
  try {
    await staging.mapAsync(1);
    const padded = new Uint8Array(staging.getMappedRange());
    const rgba = new Uint8ClampedArray(4 * widthPx * heightPx);
    for (let y = 0; y < heightPx; y++) rgba.set(padded.subarray(y * bytesPerRow, y * bytesPerRow + 4 * widthPx), 4 * widthPx * y);
    unpremultiply(rgba);
    return { widthPx, heightPx, rgba };
  } finally {
    destroyBuffer(gpu, staging);
  }
}
