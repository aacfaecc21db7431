/**
 * Held-out evaluation: PSNR and SSIM of views that were never trained on, on 8-bit values at the training resolution.
 * Invariant: the photo compared with is the undistorted photo exactly as it lies on the GPU.
 */
import { readBuffer, readF32 } from '../gpu/buffers.ts';
import type { Gpu } from '../gpu/device.ts';
import { psnrDb, ssim } from '../image/metrics.ts';
import { toPixels } from '../image/pixels.ts';
import type { Pixels } from '../scene/dataset.ts';
import type { HeldOutView } from './contract.ts';
import type { LoadedView } from './photos.ts';

/** The photo at its training size, opaque. */
export async function readPhoto(gpu: Gpu, { photo, levels: [level] }: LoadedView): Promise<Pixels> {
  const rgba = new Uint8Array(await readBuffer(gpu, photo, 0, level.widthPx * level.heightPx * 4));
  for (let i = 3; i < rgba.length; i += 4) rgba[i] = 255;
  return { widthPx: level.widthPx, heightPx: level.heightPx, rgba };
}

/** Reads the image that was just rendered and scores it. */
export async function scoreView(gpu: Gpu, image: GPUBuffer, loaded: LoadedView): Promise<HeldOutView> {
  const [level] = loaded.levels;
  const photo = await readPhoto(gpu, loaded);
  const render = toPixels(await readF32(gpu, image, 0, level.widthPx * level.heightPx * 16), level.widthPx, level.heightPx);
  return { name: loaded.view.photoName, psnrDb: psnrDb(render, photo), ssim: ssim(render, photo), render, photo };
}
