/**
 * Backward: from the rendered image and the photo to updated splats. loss -> loss gradient -> blend backward into slots -> sum of slots
 * -> colour and geometry backward, each fused with its Adam step.
 * Invariant: no float atomics and no dependence on scheduling: one seed and device give the same splats bit for bit.
 */
import gaussianCode from '../../../shaders/common/gaussian.wgsl?raw';
import photoCode from '../../../shaders/common/photo.wgsl?raw';
import shCode from '../../../shaders/common/sh.wgsl?raw';
import stepCode from '../../../shaders/common/step.wgsl?raw';
import subgroupsCode from '../../../shaders/common/subgroups.wgsl?raw';
import blendBackCode from '../../../shaders/raster_back/blend_back.wgsl?raw';
import blendBackPixelsCode from '../../../shaders/raster_back/blend_back_pixels.wgsl?raw';
import blendBackSubgroupCode from '../../../shaders/raster_back/blend_back_subgroup.wgsl?raw';
import projectBackCode from '../../../shaders/raster_back/project_back.wgsl?raw';
import shBackCode from '../../../shaders/raster_back/sh_back.wgsl?raw';
import sumCode from '../../../shaders/raster_back/sum_slots.wgsl?raw';
import lossBackCode from '../../../shaders/train/loss_back.wgsl?raw';
import lossBackRowsCode from '../../../shaders/train/loss_back_rows.wgsl?raw';
import lossRowsCode from '../../../shaders/train/loss_rows.wgsl?raw';
import lossSsimCode from '../../../shaders/train/loss_ssim.wgsl?raw';
import totalCode from '../../../shaders/train/loss_total.wgsl?raw';
import { createBuffer, destroyBuffer } from '../gpu/buffers.ts';
import type { Gpu } from '../gpu/device.ts';
import { type Binding, type Kernel, createKernel } from '../gpu/kernel.ts';
import { type Recorder, groupsFor } from '../gpu/recorder.ts';
import { type Rasterizer, type RasterizerOptions, lanesFor, usesSubgroups } from '../raster/rasterizer.ts';
import type { SplatBuffers } from '../raster/splatBuffers.ts';
import { tilesFor } from '../raster/stepConstants.ts';
import { shBasisCount } from '../scene/splats.ts';

/** Steps whose loss the ring remembers. */
export const lossRing = 256;

interface Size {
  widthPx: number;
  heightPx: number;
}

export interface BackwardOptions {
  /** True writes parameter gradients to `gradients` and the SH moments instead of taking a step: for tests against the twin. */
  dump?: boolean;
  /** Where the gradients of the view's pose and exposure go; null or absent leaves them out. */
  viewGradients?: ViewGradients | null;
}

/** The terms of dL/d(pose) and dL/d(exposure), see project_back.wgsl and loss_back.wgsl; null for what is not learnt. */
export interface ViewGradients {
  pose: GPUBuffer | null;
  exposure: GPUBuffer | null;
}

export interface Backward {
  /** 3 vec4 per splat, see sum_slots.wgsl. */
  splatGradients: GPUBuffer;
  imageGradient: GPUBuffer;
  /** With dump: dL/d(mean, logit), dL/dquat, dL/dlogScales in the geometry's columns. */
  gradients: GPUBuffer;
  /** Prepares a photo buffer for use by record(). */
  bindPhoto(photo: GPUBuffer): PhotoBinding;
  record(recorder: Recorder, count: number, view: Size, photo: PhotoBinding): void;
  /** The loss alone, for held-out views. */
  recordLoss(recorder: Recorder, view: Size, photo: PhotoBinding): void;
  dispose(): void;
}

/** Adam's memory. Outlives the rasterizer, which is rebuilt when its room for slots grows. */
export interface Moments {
  /** 6 columns of vec4 [capacity]: first moments in the geometry's columns, then second moments. */
  geometry: GPUBuffer;
  /** The SH columns: first moments, then second. */
  sh: GPUBuffer;
  dispose(): void;
}

export function createMoments(gpu: Gpu, capacity: number, shDegree: number): Moments {
  const geometry = createBuffer(gpu, 'moments', capacity * 96);
  const sh = createBuffer(gpu, 'sh moments', capacity * 24 * shBasisCount(shDegree));
  return {
    geometry,
    sh,
    dispose() {
      for (const buffer of [geometry, sh]) destroyBuffer(gpu, buffer);
    },
  };
}

/** What a run counts from step to step. Outlives the rasterizer, as the moments do. */
export interface Tally {
  /** Per splat: the error it is answerable for since the last refinement, see sum_slots.wgsl. */
  scores: GPUBuffer;
  /** [lossRing] vec4 by step: mean |x-y|, mean SSIM, mean squared error, valid share. */
  ring: GPUBuffer;
  dispose(): void;
}

export function createTally(gpu: Gpu, capacity: number): Tally {
  const scores = createBuffer(gpu, 'scores', capacity * 4);
  const ring = createBuffer(gpu, 'loss ring', lossRing * 16);
  return {
    scores,
    ring,
    dispose() {
      for (const buffer of [scores, ring]) destroyBuffer(gpu, buffer);
    },
  };
}

export interface PhotoBinding {
  rows: GPUBindGroup;
  ssim: GPUBindGroup;
  back: GPUBindGroup;
}

const group = 64;

/** Widest image there is room for, see exposureTermBytes. */
const maxRowPixels = 8192;

/** Bytes of the terms of dL/d(pose): two vec3 a splat. */
export const poseTermBytes = (capacity: number): number => 32 * capacity;

/** Bytes of the terms of dL/d(exposure): two vec3 for every eight pixels of a column, whose last may be fewer. */
export const exposureTermBytes = (maxPixels: number): number => 32 * (Math.ceil(maxPixels / 8) + maxRowPixels);

/** Splats between two barriers of the blend backward: what 16 KiB of workgroup memory hold. */
const batch = 8;

/** Bytes allocated beyond the rasterizer's own. */
export function backwardBytes(capacity: number, shDegree: number, options: RasterizerOptions): number {
  return capacity * (96 + 24 * shBasisCount(shDegree) + 48) + options.slotCapacity * 40 + options.maxPixels * (60 + 36 + 16);
}

/**
 * Workgroups of a loss pass over a number of planes. Each covers 64 x 8 pixels: 8 x 8 runs of eight along the rows, or 64 columns of a run
 * of eight.
 */
const lossGroups = ({ widthPx, heightPx }: Size, planes: number): [number, number, number] => [
  Math.ceil(widthPx / 64),
  Math.ceil(heightPx / 8),
  planes,
];

async function createKernels(gpu: Gpu, splats: SplatBuffers, tile: number, dump: boolean, views: ViewGradients | null) {
  const subgroups = usesSubgroups(gpu, tile);
  const make = (label: string, code: string[], bindings: Binding[], constants?: Record<string, number>): Promise<Kernel> =>
    createKernel(gpu, {
      label,
      code: [...(label === 'blend_back' && subgroups ? [subgroupsCode] : []), stepCode, ...code],
      entry: label,
      bindings,
      ...(constants ? { constants } : {}),
    });
  const lanes = lanesFor(tile);
  const perSplat = { GROUP: group, CAPACITY: splats.capacity, DUMP: dump ? 1 : 0 };
  const [lossRows, lossSsim, lossBackRows, lossBack, total, blendBack, sum, shBack, projectBack] = await Promise.all([
    make('loss_rows', [photoCode, lossRowsCode], ['step', 'read', 'read', 'write']),
    make('loss_ssim', [photoCode, lossSsimCode], ['step', 'read', 'read', 'read', 'write', 'write']),
    make('loss_back_rows', [photoCode, lossBackRowsCode], ['step', 'read', 'write']),
    make('loss_back', [photoCode, lossBackCode], ['step', 'read', 'read', 'read', 'write', 'write'], { EXPOSURE: views?.exposure ? 1 : 0 }),
    make('loss_total', [totalCode], ['step', 'read', 'write'], { RING: lossRing }),
    make(
      'blend_back',
      [gaussianCode, blendBackPixelsCode, subgroups ? blendBackSubgroupCode : blendBackCode],
      ['step', 'read', 'read', 'read', 'read', 'read', 'read', 'read', 'write'],
      {
        TILE: tile,
        LANES: lanes,
        ...(subgroups ? {} : { BATCH: batch, SUMS: batch * 10 * (lanes + 1) }),
      },
    ),
    make('sum_slots', [sumCode], ['step', 'read', 'read', 'read', 'write', 'write'], { GROUP: group }),
    make('sh_back', [gaussianCode, shCode, shBackCode], ['step', 'read', 'read', 'read', 'write', 'write'], {
      ...perSplat,
      COLUMNS: 3 * shBasisCount(splats.shDegree),
    }),
    make('project_back', [gaussianCode, projectBackCode], ['step', 'read', 'read', 'write', 'write', 'write', 'write'], {
      ...perSplat,
      POSE: views?.pose ? 1 : 0,
    }),
  ]);
  return { lossRows, lossSsim, lossBackRows, lossBack, total, blendBack, sum, shBack, projectBack };
}

export async function createBackward(
  gpu: Gpu,
  stepBuffer: GPUBuffer,
  splats: SplatBuffers,
  moments: Moments,
  tally: Tally,
  raster: Rasterizer,
  { dump = false, viewGradients = null }: BackwardOptions = {},
): Promise<Backward> {
  const { capacity } = splats;
  const { tile, maxPixels, slotCapacity } = raster.options;
  const k = await createKernels(gpu, splats, tile, dump, viewGradients);
  const store = {
    splatGradients: createBuffer(gpu, 'splat gradients', capacity * 48),
    slotSums: createBuffer(gpu, 'slot sums', slotCapacity * 40),
    maps: createBuffer(gpu, 'blurred maps', maxPixels * 60),
    partials: createBuffer(gpu, 'ssim partials', maxPixels * 36),
    imageGradient: createBuffer(gpu, 'image gradient', maxPixels * 16),
    groupSums: createBuffer(gpu, 'loss sums', (Math.ceil(maxPixels / 64) + 4096) * 16),
    gradients: createBuffer(gpu, 'gradients', dump ? capacity * 48 : 16),
    unused: createBuffer(gpu, 'no view gradients', 16),
  };
  const slotGroups = new Map<GPUBuffer, GPUBindGroup>();
  const blendBackGroup = (slots: GPUBuffer): GPUBindGroup => {
    const made =
      slotGroups.get(slots) ??
      k.blendBack.bind(
        stepBuffer,
        raster.tileStarts,
        raster.tileEnds,
        raster.sortedSplats,
        slots,
        raster.projected,
        raster.image,
        store.imageGradient,
        store.slotSums,
      );
    slotGroups.set(slots, made);
    return made;
  };
  const groups = {
    lossBackRows: k.lossBackRows.bind(stepBuffer, store.partials, store.maps),
    total: k.total.bind(stepBuffer, store.groupSums, tally.ring),
    sum: k.sum.bind(stepBuffer, raster.slotStarts, store.slotSums, raster.projected, store.splatGradients, tally.scores),
    shBack: k.shBack.bind(stepBuffer, store.splatGradients, raster.projected, splats.geometry, splats.sh, moments.sh),
    projectBack: k.projectBack.bind(
      stepBuffer,
      store.splatGradients,
      raster.projected,
      splats.geometry,
      moments.geometry,
      store.gradients,
      viewGradients?.pose ?? store.unused,
    ),
  };
  const recordLoss = (recorder: Recorder, view: Size, photo: PhotoBinding): void => {
    recorder.dispatch({
      kernel: k.lossRows,
      group: photo.rows,
      size: lossGroups(view, 1),
      step: true,
    });
    recorder.dispatch({ kernel: k.lossSsim, group: photo.ssim, size: lossGroups(view, 3), step: true });
    recorder.dispatch({ kernel: k.total, group: groups.total, size: [1, 1, 1], step: true });
  };
  return {
    ...store,
    bindPhoto: (photo) => ({
      rows: k.lossRows.bind(stepBuffer, raster.image, photo, store.maps),
      ssim: k.lossSsim.bind(stepBuffer, raster.image, photo, store.maps, store.partials, store.groupSums),
      back: k.lossBack.bind(stepBuffer, raster.image, photo, store.maps, store.imageGradient, viewGradients?.exposure ?? store.unused),
    }),
    recordLoss,
    record(recorder, count, view, photo) {
      const perSplat = groupsFor(count, group);
      const step = true;
      recordLoss(recorder, view, photo);
      recorder.dispatch({
        kernel: k.lossBackRows,
        group: groups.lossBackRows,
        size: lossGroups(view, 9),
        step,
      });
      recorder.dispatch({
        kernel: k.lossBack,
        group: photo.back,
        size: lossGroups(view, 1),
        step,
      });
      recorder.dispatch({ kernel: k.blendBack, group: blendBackGroup(raster.sortedSlots(view)), size: [...tilesFor(view, tile), 1], step });
      recorder.dispatch({ kernel: k.sum, group: groups.sum, size: perSplat, step });
      recorder.dispatch({ kernel: k.shBack, group: groups.shBack, size: perSplat, step });
      recorder.dispatch({ kernel: k.projectBack, group: groups.projectBack, size: perSplat, step });
    },
    dispose() {
      for (const buffer of Object.values(store)) destroyBuffer(gpu, buffer);
    },
  };
}
