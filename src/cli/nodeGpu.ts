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
const chromiumFolders = [
  '/usr/lib/chromium',
  '/usr/lib64/chromium-browser',
  '/opt/google/chrome',
  '/snap/chromium/current/usr/lib/chromium-browser',
];

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

/**
 * Dawn's objects, kept for the life of the process. Once one is collected no promise of its device settles any more, and the process
 * hangs or ends. Keeping them does not keep the process from ending.
 */
const instances: GPU[] = [];

async function open(icd: string | null, options: OpenGpuOptions): Promise<Result<Gpu>> {
  if (icd) process.env['VK_ICD_FILENAMES'] = icd;
  const { create, globals } = await import('webgpu');
  Object.assign(globalThis, globals);
  const instance = create([]);
  instances.push(instance);
  return openGpu(instance, options);
}

/** Drivers to try in turn; null is whatever the system's loader finds. */
function drivers(): (string | null)[] {
  if (process.env['VK_ICD_FILENAMES']) return [null];
  const software = [lavapipeIcd(), swiftShaderIcd()].filter((icd) => icd !== null);
  return hasHardwareGpu() ? [null, ...software] : software;
}

/** Opens the best adapter of this machine; `gpu-missing` with the remedy when there is none. */
export async function openNodeGpu(options: OpenGpuOptions = {}): Promise<Result<Gpu>> {
  process.env['XDG_RUNTIME_DIR'] ??= '/tmp';
  for (const icd of drivers()) {
    const gpu = await open(icd, options);
    if (gpu.ok) return gpu;
  }
  return fail('gpu-missing', gpuRemedy);
}
