/**
 * Every WGSL file as the drivers compose it: no message from the compiler, no kernel over the portable floor, no file that nothing uses.
 */
import { readFileSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { bufferFrom, createBuffer, usage } from '../../src/core/gpu/buffers.ts';
import type { Gpu } from '../../src/core/gpu/device.ts';
import { canSortBySubgroups, createRadixSort } from '../../src/core/gpu/radixSort.ts';
import { createScan } from '../../src/core/gpu/scan.ts';
import { createUndistorter } from '../../src/core/image/undistort.ts';
import { createPreview } from '../../src/core/raster/preview.ts';
import { usesSubgroups } from '../../src/core/raster/rasterizer.ts';
import { createMatcher } from '../../src/core/sfm/matcher.ts';
import { createSift } from '../../src/core/sfm/sift.ts';
import type { Pose } from '../../src/core/scene/camera.ts';
import { createEngine } from '../../src/core/train/engine.ts';
import { createGpuSplatRenderer } from '../../src/core/view/gpuSplatRenderer.ts';
import { randomSplats } from '../randomScene.ts';
import { toF32 } from './gpuScene.ts';
import { openTestGpus, takeErrors } from './openTestGpu.ts';

const { full, portable } = await openTestGpus();
const folder = fileURLToPath(new URL('../../shaders/', import.meta.url));
const files = (readdirSync(folder, { recursive: true }) as string[]).filter((name) => name.endsWith('.wgsl')).sort();

interface Recorded {
  code: string;
  label: string;
  messages: string[];
}

interface Recording {
  modules: Recorded[];
  /** Storage buffers of each bind group layout, by label. */
  storageBuffers: { label: string; count: number }[];
  /** Entry points that became part of a pipeline. */
  entries: Set<string>;
}

/** Creates everything the app creates and notes what reaches the device. */
async function record(gpu: Gpu): Promise<Recording> {
  const { device } = gpu;
  const modules: { code: string; label: string; module: GPUShaderModule }[] = [];
  const storageBuffers: Recording['storageBuffers'] = [];
  const entries = new Set<string>();
  const original = {
    module: device.createShaderModule.bind(device),
    layout: device.createBindGroupLayout.bind(device),
    compute: device.createComputePipelineAsync.bind(device),
    render: device.createRenderPipeline.bind(device),
    renderAsync: device.createRenderPipelineAsync.bind(device),
  };
  device.createShaderModule = (descriptor) => {
    const module = original.module(descriptor);
    modules.push({ code: descriptor.code, label: descriptor.label ?? '', module });
    return module;
  };
  device.createBindGroupLayout = (descriptor) => {
    const count = [...descriptor.entries].filter((entry) => entry.buffer?.type?.endsWith('storage')).length;
    storageBuffers.push({ label: descriptor.label ?? '', count });
    return original.layout(descriptor);
  };
  device.createComputePipelineAsync = (descriptor) => {
    entries.add(descriptor.compute.entryPoint!);
    return original.compute(descriptor);
  };
  const noteStages = ({ vertex, fragment }: GPURenderPipelineDescriptor): void => {
    for (const stage of [vertex, fragment]) if (stage?.entryPoint) entries.add(stage.entryPoint);
  };
  device.createRenderPipeline = (descriptor) => {
    noteStages(descriptor);
    return original.render(descriptor);
  };
  device.createRenderPipelineAsync = (descriptor) => {
    noteStages(descriptor);
    return original.renderAsync(descriptor);
  };
  await createEverything(gpu);
  Object.assign(device, { createShaderModule: original.module, createBindGroupLayout: original.layout });
  Object.assign(device, { createComputePipelineAsync: original.compute, createRenderPipeline: original.render });
  Object.assign(device, { createRenderPipelineAsync: original.renderAsync });
  const recorded = await Promise.all(
    modules.map(async ({ code, label, module }) => {
      const { messages } = await module.getCompilationInfo();
      return { code, label, messages: messages.map(({ type, message, lineNum }) => `${label}:${lineNum} ${type}: ${message}`) };
    }),
  );
  return { modules: recorded, storageBuffers, entries };
}

async function createEverything(gpu: Gpu): Promise<void> {
  const splats = toF32(randomSplats(1, 8, 1));
  const photo = bufferFrom(gpu, 'photo', new Uint32Array(64));
  for (const tile of [8, 16]) {
    const room = { tile, maxPixels: 64, maxTiles: 1, slotCapacity: 1024, depthBits: 24 };
    const pose: Pose = { q: [1, 0, 0, 0], t: [0, 0, 0] };
    const learnt = { poses: [pose], refinesPoses: true, refinesExposure: true };
    await createEngine(gpu, splats, 64, room, [photo], learnt);
    const engine = await createEngine(gpu, splats, 64, room, [photo]);
    const preview = await createPreview(gpu, engine.splats);
    const target = gpu.device.createTexture({ size: [16, 16], format: 'rgba8unorm', usage: 16 });
    const view = { widthPx: 16, heightPx: 16, fx: 16, fy: 16, cx: 8, cy: 8, pose: { q: [1, 0, 0, 0], t: [0, 0, 0] } } as const;
    preview.draw({ ...view, pose: { q: [1, 0, 0, 0], t: [0, 0, 0] } }, { count: 8, near: 0.01, shDegree: 1, antialiased: false }, target);
    preview.dispose();
  }
  const nowhere = {
    format: 'bgra8unorm',
    target: () => gpu.device.createTexture({ size: [1, 1], format: 'bgra8unorm', usage: 16 }),
    needsRedraw: () => undefined,
  } as const;
  (await createGpuSplatRenderer(gpu, nowhere)).dispose();
  await createUndistorter(gpu);
  await createSift(gpu);
  for (const arithmetic of ['packed', 'plain'] as const) await createMatcher(gpu, { arithmetic });
  const words = (bits?: number): GPUBuffer => createBuffer(gpu, 'words', 4096, bits ?? usage.storage | usage.copySrc | usage.copyDst);
  const order = words();
  // A scan with little room is another kernel than one with much.
  for (const maxItems of [512, 2 ** 20]) await createScan(gpu, { counts: words(), input: words(), order, output: words(), maxItems });
  const pairs = { keysA: words(), valuesA: words(), keysB: words(), valuesB: words() };
  for (const variant of canSortBySubgroups(gpu) ? (['owned', 'subgroup'] as const) : (['owned'] as const))
    await createRadixSort(gpu, { counts: words(), tableCounts: words(), ...pairs, maxItems: 512, maxPasses: 2, variant });
}

const [onPortable, onFull] = [await record(portable), await record(full)];
const everywhere = [...onPortable.modules, ...onFull.modules];

test('the compiler has nothing to say about any module', () => {
  expect(everywhere.length).toBeGreaterThan(40);
  expect(everywhere.flatMap(({ messages }) => messages)).toEqual([]);
});

test('a message would have been seen', async () => {
  const module = portable.device.createShaderModule({ code: '@compute @workgroup_size(1) fn broken() { let x = y; }' });
  expect((await module.getCompilationInfo()).messages.length).toBeGreaterThan(0);
  expect(takeErrors().length).toBe(1);
});

test.for(files)('%s is part of a module and all its entry points of a pipeline', (name, { skip }) => {
  const code = readFileSync(folder + name, 'utf8');
  const onlyWithSubgroups = name.includes('subgroup') && ![8, 16].some((tile) => usesSubgroups(full, tile));
  skip(onlyWithSubgroups, 'the subgroups of this adapter are too narrow: the file was not compiled');
  expect(everywhere.some((module) => module.code.includes(code))).toBe(true);
  const entries = [...code.matchAll(/@(?:compute|vertex|fragment)[^{]*?fn (\w+)/g)].map((match) => match[1]);
  for (const entry of entries) expect(onPortable.entries.has(entry) || onFull.entries.has(entry), entry).toBe(true);
});

test('no kernel binds more than the 8 storage buffers that every device has', () => {
  expect(onPortable.storageBuffers.length).toBeGreaterThan(20);
  for (const { label, count } of [...onPortable.storageBuffers, ...onFull.storageBuffers]) expect(count, label).toBeLessThanOrEqual(8);
});

test('the portable device runs without any optional feature, at the default limits', () => {
  const { limits, features } = portable.device;
  // Dawn always grants this one: it is part of the core it implements.
  expect([...features].filter((name) => name !== 'core-features-and-limits')).toEqual([]);
  expect(limits.maxStorageBuffersPerShaderStage).toBe(8);
  expect(limits.maxComputeWorkgroupStorageSize).toBe(16384);
  expect(limits.maxComputeInvocationsPerWorkgroup).toBe(256);
  expect(limits.maxStorageBufferBindingSize).toBe(128 * 2 ** 20);
  expect(onPortable.modules.some(({ code }) => code.includes('enable subgroups'))).toBe(false);
});
