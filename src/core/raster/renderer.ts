/** Renderer: a finished set of splats on the GPU, rendered from any camera. Invariant: the splats do not change after creation. */
import type { Gpu } from '../gpu/device.ts';
import type { PinholeView } from '../scene/camera.ts';
import type { Pixels } from '../scene/dataset.ts';
import type { Splats } from '../scene/splats.ts';
import { createPreview } from './preview.ts';
import { createSplatBuffers } from './splatBuffers.ts';

export interface Renderer {
  render(view: PinholeView): Promise<Pixels>;
  dispose(): void;
}

/** near: depth in world units below which splats are culled. */
export async function createRenderer(gpu: Gpu, splats: Splats, near = 0.01): Promise<Renderer> {
  const buffers = createSplatBuffers(gpu, splats, Math.max(1, splats.count), splats.shDegree);
  const preview = await createPreview(gpu, buffers);
  const { count, shDegree, antialiased } = splats;
  return {
    render: (view) => preview.render(view, { count, near, shDegree, antialiased }),
    dispose() {
      preview.dispose();
      buffers.dispose();
    },
  };
}
