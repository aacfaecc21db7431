/**
 * Chromium for the view bench: WebGPU and WebGL2 both, each on SwiftShader where there is no GPU (BENCH_GPU=1 leaves the choice to the
 * browser). The browser tests' own flags give no WebGL2. Invariant: the driver chosen for Node does not reach the browser.
 */
import { type Browser, chromium } from 'playwright-core';
import { findChromium } from '../../../scripts/lib/chromium.mjs';

const software = ['--use-webgpu-adapter=swiftshader', '--use-vulkan=swiftshader', '--use-angle=swiftshader', '--enable-unsafe-swiftshader'];
const always = ['--enable-unsafe-webgpu', '--ignore-gpu-blocklist', '--enable-features=Vulkan', '--enable-dawn-features=allow_unsafe_apis'];
const hardware = ['--use-angle=vulkan'];

export async function launchBenchBrowser(): Promise<Browser> {
  const executablePath = findChromium(process.env);
  if (!executablePath) throw new Error('The view bench needs Chrome or Chromium: install one or set CHROMIUM_PATH.');
  const sandbox = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  const env = { ...process.env };
  delete env['VK_ICD_FILENAMES'];
  const args = [...sandbox, ...always, ...(process.env['BENCH_GPU'] ? hardware : software)];
  return chromium.launch({ executablePath, args, env });
}
