/**
 * Plan: what a run will do and need, before anything is allocated: steps, splat budget, training width, tile size, bytes.
 * Invariant: no single binding exceeds the device's limit, and the total stays under the budget the plan was made for.
 */
import type { Gpu } from '../gpu/device.ts';
import { type Result, fail, ok } from '../job/failure.ts';
import { type PhotoLevel, levelsFor, pixelsOf } from '../image/undistort.ts';
import { type RasterizerOptions, rasterizerBytes } from '../raster/rasterizer.ts';
import { bytesPerSplat } from '../raster/splatBuffers.ts';
import type { Camera } from '../scene/camera.ts';
import { shBasisCount } from '../scene/splats.ts';
import { backwardBytes, exposureTermBytes, poseTermBytes } from './backward.ts';
import type { TrainOptions } from './contract.ts';

export interface Plan {
  steps: number;
  maxSplats: number;
  widthPx: number;
  shDegree: number;
  antialiased: boolean;
  raster: RasterizerOptions;
  /** Photo levels of each view. */
  levels: PhotoLevel[][];
  bytes: number;
  parts: { name: string; bytes: number }[];
}

const presets = {
  preview: { steps: 3000, widthPx: 540, maxSplats: 60000, shDegree: 1 },
  full: { steps: 30000, widthPx: 1080, maxSplats: 500000, shDegree: 3 },
} as const;

/** A software adapter does a small fraction of a GPU's work; its preview is sized so that it ends in minutes. */
const softwarePreview = { steps: 1500, widthPx: 180, maxSplats: 15000, shDegree: 1 };

const isSoftware = (gpu: Gpu): boolean => /llvmpipe|swiftshader|software|basic render/i.test(gpu.adapterName);

/** Slots planned per splat by tile edge (measured: 15 for 30,000 splats at 270 px); what overflows is noticed and the room grows. */
const slotsPerSplat = (tile: number): number => (tile === 8 ? 20 : 12);

/**
 * Tile edge. A software adapter pays for every pixel a tile covers beyond its splats, so small tiles win (docs/decisions/0001); on a GPU a
 * 16 px tile fills 32 lanes.
 */
export const tileFor = (gpu: Gpu): number => (isSoftware(gpu) ? 8 : 16);

function sized(options: TrainOptions, gpu: Gpu) {
  const base = options.preset === 'preview' && isSoftware(gpu) ? softwarePreview : presets[options.preset];
  return {
    steps: options.steps ?? base.steps,
    widthPx: options.widthPx ?? base.widthPx,
    maxSplats: options.maxSplats ?? base.maxSplats,
    shDegree: options.shDegree ?? base.shDegree,
  };
}

/** 40 bytes of sums a slot must fit one binding. */
export const maxSlots = (gpu: Gpu): number => Math.floor(gpu.device.limits.maxStorageBufferBindingSize / 40);

/** Largest image and tile count over all sizes; the slots are the caller's wish within one binding's limit. */
export function rasterOptionsFor(
  gpu: Gpu,
  sizes: { widthPx: number; heightPx: number }[],
  slots: number,
  tile = tileFor(gpu),
): RasterizerOptions {
  const maxPixels = Math.max(...sizes.map((s) => s.widthPx * s.heightPx));
  const maxTiles = Math.max(...sizes.map((s) => Math.ceil(s.widthPx / tile) * Math.ceil(s.heightPx / tile)));
  return { tile, maxPixels, maxTiles, slotCapacity: Math.min(slots, maxSlots(gpu)), depthBits: 24 };
}

/** Plans a run for the cameras of all used views, one entry a view. */
export function planTraining(gpu: Gpu, cameras: Camera[], options: TrainOptions): Result<Plan> {
  const size = sized(options, gpu);
  const limit = gpu.device.limits.maxStorageBufferBindingSize;
  const levels = cameras.map((camera) => levelsFor(camera, Math.min(size.widthPx, camera.widthPx)));
  const sizes = levels.map(([full]) => full);
  let maxSplats = size.maxSplats;
  const perSplat = Math.max(24 * shBasisCount(size.shDegree), 96);
  if (maxSplats * perSplat > limit) maxSplats = Math.floor(limit / perSplat) - 64;
  const raster = rasterOptionsFor(gpu, sizes, maxSplats * slotsPerSplat(tileFor(gpu)) + 4096);
  if (raster.maxPixels * 60 > limit) {
    return fail(
      'out-of-memory',
      `A training image of ${sizes[0].widthPx} x ${sizes[0].heightPx} px does not fit this GPU's buffers; use a smaller width.`,
    );
  }
  const views = (options.refinePoses ? poseTermBytes(maxSplats) : 0) + (options.refineExposure ? exposureTermBytes(raster.maxPixels) : 0);
  const parts = [
    { name: 'photos', bytes: levels.reduce((sum, l) => sum + 4 * pixelsOf(l), 0) },
    { name: 'splats', bytes: maxSplats * (bytesPerSplat(size.shDegree) + 16) },
    { name: 'rasterizer', bytes: rasterizerBytes(maxSplats, raster) },
    { name: 'training', bytes: backwardBytes(maxSplats, size.shDegree, raster) },
    ...(views > 0 ? [{ name: 'views', bytes: views }] : []),
  ];
  return ok({
    ...size,
    widthPx: Math.max(...sizes.map((s) => s.widthPx)),
    maxSplats,
    antialiased: options.antialiased ?? false,
    raster,
    levels,
    bytes: parts.reduce((sum, part) => sum + part.bytes, 0),
    parts,
  });
}
