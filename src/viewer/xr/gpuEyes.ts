/**
 * Drawing for a headset with WebGPU (WebXR/WebGPU Binding draft): every eye is drawn into a texture of its size and copied from there into
 * the layer's part for that eye, which may be a slice of an array and of another format.
 * Invariant: the device belongs to the drawing and comes from an adapter that the headset can use.
 */
import { type Gpu, openGpu } from '../../core/gpu/device.ts';
import { type Result, fail, ok } from '../../core/job/failure.ts';
import { createGpuSplatRenderer } from '../../core/view/gpuSplatRenderer.ts';
import { createEyeCopy } from './eyeCopy.ts';
import type { XrGpuBindingClass, XrSession } from './webxrTypes.ts';
import type { XrDrawing } from './xrDrawing.ts';

const eyeFormat: GPUTextureFormat = 'rgba8unorm';
const [sampled, renderTarget] = [4, 16];

/** A device that a headset can show from. Fails with gpu-missing. */
export function openXrGpu(api: GPU | undefined): Promise<Result<Gpu>> {
  if (!api) return openGpu(undefined);
  const forHeadsets = { requestAdapter: (options?: GPURequestAdapterOptions) => api.requestAdapter({ ...options, xrCompatible: true }) };
  return openGpu(forHeadsets as GPU);
}

/** Gives the session (with the feature `webgpu`) its layer. On failure session and device stay the caller's, else the device is taken. */
export async function openGpuEyes(session: XrSession, gpu: Gpu, resolution: number): Promise<Result<XrDrawing>> {
  const Binding = (globalThis as { XRGPUBinding?: XrGpuBindingClass }).XRGPUBinding;
  if (!Binding) return fail('gpu-missing', 'This browser has no WebGPU for headsets.');
  try {
    const binding = new Binding(session, gpu.device);
    const format = binding.getPreferredColorFormat();
    const layer = binding.createProjectionLayer({ colorFormat: format, scaleFactor: resolution });
    session.updateRenderState({ layers: [layer] });
    const copy = await createEyeCopy(gpu.device, format);

    let picture: GPUTexture | null = null;
    let drawn: GPUTexture | null = null;
    const target = (width: number, height: number): GPUTexture => {
      if (picture?.width !== width || picture.height !== height) {
        picture?.destroy();
        picture = gpu.device.createTexture({ label: 'xr eye', size: [width, height], format: eyeFormat, usage: sampled | renderTarget });
      }
      return (drawn = picture);
    };
    const renderer = await createGpuSplatRenderer(gpu, { format: eyeFormat, target, needsRedraw: () => undefined });
    return ok({
      renderer,
      draw(views, frameOf) {
        for (const view of views) {
          const part = binding.getViewSubImage(layer, view);
          drawn = null;
          // Not drawn while the renderer makes room; then `target` is not asked.
          renderer.draw(frameOf(view, part.viewport));
          copy(drawn, part);
        }
      },
      dispose() {
        renderer.dispose();
        picture?.destroy();
        gpu.dispose();
      },
    });
  } catch (error) {
    return fail('gpu-missing', `The headset cannot be drawn to with WebGPU: ${error instanceof Error ? error.message : String(error)}`);
  }
}
