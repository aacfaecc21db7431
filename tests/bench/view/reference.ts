/** Reference pictures: the trainer's tile rasterizer, which blends in 32-bit floats. Invariant: black background, near as in the pages. */
import type { Gpu } from '../../../src/core/gpu/device.ts';
import { createPreview } from '../../../src/core/raster/preview.ts';
import { createSplatBuffers } from '../../../src/core/raster/splatBuffers.ts';
import type { PinholeView } from '../../../src/core/scene/camera.ts';
import type { Pixels } from '../../../src/core/scene/dataset.ts';
import type { Splats } from '../../../src/core/scene/splats.ts';
import { benchNear } from './viewScene.ts';

export async function referencePictures(gpu: Gpu, splats: Splats, views: PinholeView[]): Promise<Pixels[]> {
  const buffers = createSplatBuffers(gpu, splats, splats.count, splats.shDegree);
  const preview = await createPreview(gpu, buffers);
  const settings = { count: splats.count, near: benchNear, shDegree: splats.shDegree, antialiased: splats.antialiased };
  const pictures: Pixels[] = [];
  for (const view of views) pictures.push(await preview.render(view, settings));
  preview.dispose();
  buffers.dispose();
  return pictures;
}
