/**
 * Eye copy: a finished picture into the part that a headset's layer has for an eye.
 * Invariant: the bytes that arrive are the picture's, also in targets that encode colours by themselves; what lies around the part stays.
 */
import type { XrGpuSubImage } from './webxrTypes.ts';

/** Copies a picture of the part's size. Without one the part's texture is made empty where no neighbour shares it. */
export type EyeCopy = (eye: GPUTexture | null, part: XrGpuSubImage) => void;

const copyCode = /* wgsl */ `
@group(0) @binding(0) var eye: texture_2d<f32>;

struct Corner {
  @builtin(position) position: vec4f,
  @location(0) at: vec2f,
}

@vertex
fn whole_viewport(@builtin(vertex_index) k: u32) -> Corner {
  let at = vec2f(f32((k << 1u) & 2u), f32(k & 2u));
  return Corner(vec4f(2.0 * at.x - 1.0, 1.0 - 2.0 * at.y, 0.0, 1.0), at);
}

fn pixel(at: vec2f) -> vec4f {
  return textureLoad(eye, vec2u(at * vec2f(textureDimensions(eye))), 0);
}

@fragment
fn as_it_is(corner: Corner) -> @location(0) vec4f {
  return pixel(corner.at);
}

// For targets that encode by themselves (IEC 61966-2-1).
@fragment
fn linear(corner: Corner) -> @location(0) vec4f {
  let c = pixel(corner.at);
  return vec4f(select(pow((c.rgb + 0.055) / 1.055, vec3f(2.4)), c.rgb / 12.92, c.rgb <= vec3f(0.04045)), c.a);
}
`;

/** `format` is the layer's. */
export async function createEyeCopy(device: GPUDevice, format: GPUTextureFormat): Promise<EyeCopy> {
  const module = device.createShaderModule({ label: 'xr copy', code: copyCode });
  const pipeline = await device.createRenderPipelineAsync({
    label: 'xr copy',
    layout: 'auto',
    vertex: { module, entryPoint: 'whole_viewport' },
    fragment: { module, entryPoint: format.endsWith('-srgb') ? 'linear' : 'as_it_is', targets: [{ format }] },
  });
  return (eye, part) => {
    const { colorTexture } = part;
    const { x, y, width, height } = part.viewport;
    // What a neighbour drew into the same texture stays.
    const whole = width === colorTexture.width && height === colorTexture.height;
    const view = colorTexture.createView(part.getViewDescriptor());
    const encoder = device.createCommandEncoder();
    const pass = encoder.beginRenderPass({
      label: 'xr copy',
      colorAttachments: [{ view, loadOp: whole ? 'clear' : 'load', storeOp: 'store' }],
    });
    if (eye) {
      pass.setPipeline(pipeline);
      const entries = [{ binding: 0, resource: eye.createView() }];
      pass.setBindGroup(0, device.createBindGroup({ layout: pipeline.getBindGroupLayout(0), entries }));
      pass.setViewport(x, y, width, height, 0, 1);
      pass.draw(3);
    }
    pass.end();
    device.queue.submit([encoder.finish()]);
  };
}
