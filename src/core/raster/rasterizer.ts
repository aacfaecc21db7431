/**
 * Rasterizer: splats to image on the GPU. project -> depth sort -> prefix sum of tile counts -> emit slots -> tile sort -> blend.
 * Invariant: nothing is read back; the number of slots stays on the GPU and steers indirect dispatches. Slots beyond the planned
 * capacity are not drawn and are recorded in counters[2], never silently lost.
 */
import dispatchCode from '../../../shaders/common/dispatch_size.wgsl?raw';
import gaussianCode from '../../../shaders/common/gaussian.wgsl?raw';
import shCode from '../../../shaders/common/sh.wgsl?raw';
import stepCode from '../../../shaders/common/step.wgsl?raw';
import tilesCode from '../../../shaders/common/tiles.wgsl?raw';
import subgroupsCode from '../../../shaders/common/subgroups.wgsl?raw';
import blendCode from '../../../shaders/raster/blend.wgsl?raw';
import blendPixelsCode from '../../../shaders/raster/blend_pixels.wgsl?raw';
import blendSubgroupCode from '../../../shaders/raster/blend_subgroup.wgsl?raw';
import countersCode from '../../../shaders/raster/counters.wgsl?raw';
import emitCode from '../../../shaders/raster/emit.wgsl?raw';
import projectCode from '../../../shaders/raster/project.wgsl?raw';
import rangesCode from '../../../shaders/raster/tile_ranges.wgsl?raw';
import { createBuffer, destroyBuffer, usage } from '../gpu/buffers.ts';
import type { Gpu } from '../gpu/device.ts';
import { type Binding, type Kernel, createKernel } from '../gpu/kernel.ts';
import { createRadixSort, passesForBits, sortBlock, sortDigits, tableEntries } from '../gpu/radixSort.ts';
import { type Recorder, groupsFor } from '../gpu/recorder.ts';
import { createScan, scanBlock } from '../gpu/scan.ts';
import type { SplatBuffers } from './splatBuffers.ts';
import { tilesFor } from './stepConstants.ts';

export interface RasterizerOptions {
  /** Tile edge in pixels: 8 or 16. */
  tile: number;
  /** Largest image. */
  maxPixels: number;
  maxTiles: number;
  /** Room for (splat, tile) slots. */
  slotCapacity: number;
  /** Bits of the depth key, a multiple of 6. */
  depthBits: number;
}

export interface Rasterizer {
  options: RasterizerOptions;
  /** 3 vec4 per splat, see project.wgsl. */
  projected: GPUBuffer;
  /** vec4 per pixel: r, g, b, transmittance. */
  image: GPUBuffer;
  counters: GPUBuffer;
  slotStarts: GPUBuffer;
  tileStarts: GPUBuffer;
  tileEnds: GPUBuffer;
  sortedSplats: GPUBuffer;
  /** Sorted slot ids; which buffer holds them depends on the number of tiles. */
  sortedSlots(view: { widthPx: number; heightPx: number }): GPUBuffer;
  /** Tells the GPU how many splats are live. */
  setCount(count: number): void;
  record(recorder: Recorder, count: number, view: { widthPx: number; heightPx: number }): void;
  dispose(): void;
}

const group = 64;

/** Bytes the rasterizer allocates for a plan. */
export function rasterizerBytes(capacity: number, options: RasterizerOptions): number {
  const perSplat = 48 + 4 * 4 + 4 + 4 + 8; // projected, sort pairs, tile counts, offsets, slot starts
  const perSlot = 4 * 4 + 4 + 4; // sort pairs, slot splats, sorted splats
  return capacity * perSplat + options.slotCapacity * perSlot + options.maxPixels * 16 + options.maxTiles * 8;
}

function createStore(gpu: Gpu, capacity: number, { slotCapacity, maxTiles, maxPixels }: RasterizerOptions) {
  const words = (label: string, count: number, bits?: number) => createBuffer(gpu, label, count * 4, bits);
  const indirectBits = usage.storage | usage.indirect | usage.copySrc | usage.copyDst;
  return {
    projected: words('projected', capacity * 12),
    depthKeysA: words('depth keys A', capacity),
    depthKeysB: words('depth keys B', capacity),
    orderA: words('depth order A', capacity),
    orderB: words('depth order B', capacity),
    tileCounts: words('tile counts', capacity),
    offsets: words('slot offsets', capacity + 1),
    slotStarts: words('slot starts', capacity * 2),
    splatCount: words('splat count', 4),
    splatTable: words('depth table count', 4),
    counters: words('counters', 4),
    slotTable: words('tile table count', 4),
    indirect: words('indirect sizes', 12, indirectBits),
    tileKeysA: words('tile keys A', slotCapacity),
    tileKeysB: words('tile keys B', slotCapacity),
    slotsA: words('slots A', slotCapacity),
    slotsB: words('slots B', slotCapacity),
    slotSplats: words('slot splats', slotCapacity),
    sortedSplats: words('sorted splats', slotCapacity),
    tileStarts: words('tile starts', maxTiles + 1),
    tileEnds: words('tile ends', maxTiles),
    image: words('image', maxPixels * 4),
  };
}

type Store = ReturnType<typeof createStore>;

async function createSorts(gpu: Gpu, capacity: number, options: RasterizerOptions, s: Store) {
  const depth = await createRadixSort(gpu, {
    counts: s.splatCount,
    tableCounts: s.splatTable,
    keysA: s.depthKeysA,
    valuesA: s.orderA,
    keysB: s.depthKeysB,
    valuesB: s.orderB,
    maxItems: capacity,
    maxPasses: options.depthBits / 6,
  });
  const tiles = await createRadixSort(gpu, {
    counts: s.counters,
    tableCounts: s.slotTable,
    keysA: s.tileKeysA,
    valuesA: s.slotsA,
    keysB: s.tileKeysB,
    valuesB: s.slotsB,
    maxItems: options.slotCapacity,
    maxPasses: tilePasses(options.maxTiles),
  });
  return { depth, tiles };
}

/** One key value past the last tile is the sentinel. */
const tilePasses = (tiles: number): number => passesForBits(Math.ceil(Math.log2(tiles + 1)));

/** Invocations that blend one tile, eight pixels each. */
export const lanesFor = (tile: number): number => (tile * tile) / 8;

/** The subgroup variants of blend and blend_back need a tile's invocations to be one subgroup. */
export const usesSubgroups = (gpu: Gpu, tile: number): boolean => gpu.minSubgroup >= lanesFor(tile);

async function createKernels(gpu: Gpu, capacity: number, { tile, depthBits }: RasterizerOptions) {
  const subgroups = usesSubgroups(gpu, tile);
  const make = (label: string, code: string[], bindings: Binding[], constants: Record<string, number>): Promise<Kernel> =>
    createKernel(gpu, {
      label,
      code: [...(label === 'blend' && subgroups ? [subgroupsCode] : []), stepCode, ...code],
      entry: label,
      bindings,
      constants,
    });
  const [project, emit, counters, ranges, blend] = await Promise.all([
    make('project', [gaussianCode, shCode, tilesCode, projectCode], ['step', 'read', 'read', 'write', 'write', 'write'], {
      GROUP: group,
      CAPACITY: capacity,
      TILE: tile,
      KEY_SHIFT: 28 - depthBits,
      KEY_MAX: 2 ** depthBits - 1,
    }),
    make('emit', [tilesCode, emitCode], ['step', 'read', 'read', 'read', 'write', 'write', 'write'], { GROUP: group, TILE: tile }),
    make('count_slots', [dispatchCode, countersCode], ['step', 'read', 'write', 'write', 'write'], {
      SORT_BLOCK: sortBlock,
      SCAN_BLOCK: scanBlock,
      RANGE_GROUP: group,
      DIGITS: sortDigits,
    }),
    make('tile_ranges', [rangesCode], ['step', 'read', 'read', 'read', 'read', 'write', 'write'], { GROUP: group }),
    make(
      'blend',
      [gaussianCode, blendPixelsCode, subgroups ? blendSubgroupCode : blendCode],
      ['step', 'read', 'read', 'read', 'write', 'write'],
      { TILE: tile, LANES: lanesFor(tile) },
    ),
  ]);
  return { project, emit, counters, ranges, blend };
}

export async function createRasterizer(
  gpu: Gpu,
  stepBuffer: GPUBuffer,
  splats: SplatBuffers,
  options: RasterizerOptions,
): Promise<Rasterizer> {
  const { capacity } = splats;
  const s = createStore(gpu, capacity, options);
  const [k, sorts] = await Promise.all([createKernels(gpu, capacity, options), createSorts(gpu, capacity, options, s)]);
  const order = (options.depthBits / 6) % 2 === 0 ? s.orderA : s.orderB;
  const offsets = await createScan(gpu, { counts: s.splatCount, input: s.tileCounts, order, output: s.offsets, maxItems: capacity });
  const sorted = (view: { widthPx: number; heightPx: number }) => {
    const [x, y] = tilesFor(view, options.tile);
    return tilePasses(x * y) % 2;
  };
  const groups = {
    project: k.project.bind(stepBuffer, splats.geometry, splats.sh, s.projected, s.depthKeysA, s.tileCounts),
    counters: k.counters.bind(stepBuffer, s.offsets, s.counters, s.slotTable, s.indirect),
    emit: k.emit.bind(stepBuffer, order, s.offsets, s.projected, s.tileKeysA, s.slotSplats, s.slotStarts),
    ranges: [
      k.ranges.bind(stepBuffer, s.counters, s.tileKeysA, s.slotsA, s.slotSplats, s.tileStarts, s.sortedSplats),
      k.ranges.bind(stepBuffer, s.counters, s.tileKeysB, s.slotsB, s.slotSplats, s.tileStarts, s.sortedSplats),
    ],
    blend: k.blend.bind(stepBuffer, s.tileStarts, s.sortedSplats, s.projected, s.image, s.tileEnds),
  };
  return {
    options,
    ...s,
    sortedSlots: (view) => [s.slotsA, s.slotsB][sorted(view)],
    setCount(count) {
      gpu.device.queue.writeBuffer(s.splatCount, 0, new Uint32Array([count]));
      gpu.device.queue.writeBuffer(s.splatTable, 0, new Uint32Array([tableEntries(count)]));
    },
    record(recorder, count, view) {
      const [tilesX, tilesY] = tilesFor(view, options.tile);
      const perSplat = groupsFor(count, group);
      const indirect = (at: number) => ({ indirect: s.indirect, offset: at * 12 });
      recorder.dispatch({ kernel: k.project, group: groups.project, size: perSplat, step: true });
      sorts.depth.record(recorder, options.depthBits / 6, { items: count }, { items: tableEntries(count) });
      offsets.record(recorder, { items: count });
      recorder.dispatch({ kernel: k.counters, group: groups.counters, size: [1, 1, 1], step: true });
      recorder.dispatch({ kernel: k.emit, group: groups.emit, size: perSplat, step: true });
      sorts.tiles.record(recorder, tilePasses(tilesX * tilesY), indirect(0), indirect(1));
      recorder.dispatch({ kernel: k.ranges, group: groups.ranges[sorted(view)], size: indirect(2), step: true });
      recorder.dispatch({ kernel: k.blend, group: groups.blend, size: [tilesX, tilesY, 1], step: true });
    },
    dispose() {
      sorts.depth.dispose();
      sorts.tiles.dispose();
      offsets.dispose();
      for (const buffer of Object.values(s)) destroyBuffer(gpu, buffer);
    },
  };
}
