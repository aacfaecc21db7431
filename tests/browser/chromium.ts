/**
 * Chromium for the browser tests, headless, with WebGPU on SwiftShader when the test wants it.
 * Invariant: a browser that cannot be found is a failure with the remedy, never a skip.
 */
import { type Browser, chromium } from 'playwright-core';
import { findChromium } from '../../scripts/lib/chromium.mjs';

// Chromium's own compositor must be on Vulkan too, or a canvas that WebGPU draws into stays blank on the screen.
const webGpuFlags = [
  '--enable-unsafe-webgpu',
  '--use-webgpu-adapter=swiftshader',
  '--use-vulkan=swiftshader',
  '--use-angle=vulkan',
  '--ignore-gpu-blocklist',
  '--enable-features=Vulkan',
];

/** Launches the Chromium of this machine. Without `webGpu` the browser has no adapter to offer. */
export async function launchChromium({ webGpu }: { webGpu: boolean }): Promise<Browser> {
  const executablePath = findChromium(process.env);
  if (!executablePath) throw new Error('The browser tests need Chrome or Chromium: install one or set CHROMIUM_PATH.');
  const sandbox = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  return chromium.launch({ executablePath, args: [...sandbox, ...(webGpu ? webGpuFlags : [])] });
}
