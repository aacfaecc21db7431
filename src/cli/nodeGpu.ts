/**
 * WebGPU in Node through Dawn. Chooses a real GPU when the system has one; without it a software Vulkan driver: Mesa's lavapipe (25 or
 * newer) and then the SwiftShader that ships inside Chromium.
 * Invariant: VK_ICD_FILENAMES set by the person is respected and never overwritten.
 */
import { existsSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type Gpu, type OpenGpuOptions, openGpu } from '../core/gpu/device.ts';
import { type Result, fail } from '../core/job/failure.ts';

const icdFolders = ['/usr/share/vulkan/icd.d', '/etc/vulkan/icd.d', '/usr/local/share/vulkan/icd.d'];
const chromiumFolders = ['/usr/lib/chromium', '/usr/lib64/chromium-browser', '/opt/google/chrome', '/snap/chromium/current/usr/lib/chromium-browser'];

export const gpuRemedy =
  'No GPU adapter was found. Install a Vulkan driver for your GPU, or a software one: "apt-get install -t bookworm-backports mesa-vulkan-drivers" ' +
  '(Mesa 25 or newer) or "apt-get install chromium" (its SwiftShader is used).';

function lavapipeIcd(): string | null {
  for (const folder of icdFolders) {
    if (!existsSync(folder)) continue;
    const name = readdirSync(folder).find((file) => file.startsWith('lvp_icd') && file.endsWith('.json'));
    if (name) return join(folder, name);
  }
  return null;
}

function swiftShaderIcd(): string | null {
  const chosen = process.env['CHROMIUM_PATH'];
  const folders = chosen ? [dirname(chosen), ...chromiumFolders] : chromiumFolders;
  return folders.map((folder) => join(folder, 'vk_swiftshader_icd.json')).find((file) => existsSync(file)) ?? null;
}

/** True on Linux when the kernel exposes a GPU render node or the NVIDIA driver; elsewhere the system driver is always tried first. */
function hasHardwareGpu(): boolean {
  if (process.platform !== 'linux') return true;
  return existsSync('/dev/nvidiactl') || (existsSync('/dev/dri') && readdirSync('/dev/dri').some((name) => name.startsWith('renderD')));
}

async function open(icd: string | null, options: OpenGpuOptions): Promise<Result<Gpu>> {
  if (icd) process.env['VK_ICD_FILENAMES'] = icd;
  const { create, globals } = await import('webgpu');
  Object.assign(globalThis, globals);
  return openGpu(create([]), options);
}

/** Opens the best adapter of this machine; `gpu-missing` with the remedy when there is none. */
export async function openNodeGpu(options: OpenGpuOptions = {}): Promise<Result<Gpu>> {
  process.env['XDG_RUNTIME_DIR'] ??= '/tmp';
  const candidates = process.env['VK_ICD_FILENAMES'] || hasHardwareGpu() ? [null] : [];
  const software = [lavapipeIcd(), swiftShaderIcd()].filter((icd) => icd !== null);
  if (!process.env['VK_ICD_FILENAMES']) candidates.push(...software as never[]);
  for (const icd of candidates) {
    const gpu = await open(icd, options);
    if (gpu.ok) return gpu;
  }
  return fail('gpu-missing', gpuRemedy);
}
