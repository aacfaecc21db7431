/**
 * WebGPU in Node: a device outlives garbage collection, and a process that disposed of its device ends by itself. In a child process,
 * because what fails here hangs or takes the process down.
 */
import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const urlOf = (path: string): string => pathToFileURL(join(root, path)).href;

const program = `
import { setTimeout as wait } from 'node:timers/promises';
import { openNodeGpu } from '${urlOf('src/cli/nodeGpu.ts')}';
const gpu = await openNodeGpu();
if (!gpu.ok) throw new Error(gpu.failure.detail);
const collect = async () => { for (let i = 0; i < 5; i++) { gc(); await wait(20); } };
await collect();
const { device } = gpu.value;
const buffer = device.createBuffer({ size: 16, usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST });
device.queue.writeBuffer(buffer, 0, new Uint32Array([1, 2, 3, 4]));
await collect();
await buffer.mapAsync(GPUMapMode.READ);
console.log([...new Uint32Array(buffer.getMappedRange())].join(' '));
gpu.value.dispose();
`;

test('a device survives garbage collection and lets the process end', () => {
  const args = ['--expose-gc', '--import', urlOf('scripts/node-hooks.mjs'), '--input-type=module', '-e', program];
  const ended = spawnSync(process.execPath, args, { encoding: 'utf8', timeout: 60_000 });
  expect({ status: ended.status, stdout: ended.stdout, stderr: ended.stderr }).toMatchObject({ status: 0, stdout: '1 2 3 4\n' });
});
