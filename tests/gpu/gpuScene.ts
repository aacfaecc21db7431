/**
 * A set of splats, one view and one photo on the GPU, with the rasterizer and the backward pass that a training run uses.
 * Invariant: what the twin is given are the f32 values that the GPU has, so only the arithmetic differs.
 */
import { bufferFrom, createBuffer, destroyBuffer, readF32, readU32, usage } from '../../src/core/gpu/buffers.ts';
import type { Gpu } from '../../src/core/gpu/device.ts';
import { stepBytes } from '../../src/core/gpu/kernel.ts';
import { createRecorder } from '../../src/core/gpu/recorder.ts';
import { type Rasterizer, createRasterizer } from '../../src/core/raster/rasterizer.ts';
import { type SplatBuffers, createSplatBuffers, readSplats } from '../../src/core/raster/splatBuffers.ts';
import { type StepConstants, packStep, renderConstants, tilesFor } from '../../src/core/raster/stepConstants.ts';
import type { PinholeView, Pose } from '../../src/core/scene/camera.ts';
import { type Splats, shBasisCount } from '../../src/core/scene/splats.ts';
import { type Backward, type Moments, type Tally, createBackward, createMoments, createTally } from '../../src/core/train/backward.ts';
import { type ViewRefiner, createViewRefiner } from '../../src/core/train/viewRefiner.ts';
import { type ViewStates, createViewStates } from '../../src/core/train/viewStates.ts';
import type { F64Splats } from '../randomScene.ts';

export function toF32(splats: F64Splats): Splats {
  return {
    ...splats,
    means: Float32Array.from(splats.means),
    logScales: Float32Array.from(splats.logScales),
    quats: Float32Array.from(splats.quats),
    opacityLogits: Float32Array.from(splats.opacityLogits),
    sh: Float32Array.from(splats.sh),
  };
}

export interface SceneOptions {
  tile?: number;
  /** Room for splats; the pipelines are compiled for it, so tests share one number. */
  capacity?: number;
  slotCapacity?: number;
  /** A packed RGBA8 photo, with the levels behind one another; makes the backward pass too. */
  photo?: Uint32Array;
  /** Gradients are written out instead of taking a step. */
  dump?: boolean;
  /** Given poses of all views whose poses and exposure are learnt; the step's viewSlot says which is trained. */
  learnt?: Pose[];
}

export interface GpuScene {
  splats: SplatBuffers;
  raster: Rasterizer;
  moments: Moments | null;
  tally: Tally | null;
  backward: Backward | null;
  views: ViewStates | null;
  /** Step constants of this scene; `changes` win. */
  constants(changes?: Partial<StepConstants>): StepConstants;
  render(changes?: Partial<StepConstants>): void;
  /** Renders, then goes back: gradients with `dump`, one optimiser step without. */
  train(changes?: Partial<StepConstants>): void;
  image(): Promise<{ colour: Float64Array; transmittance: Float64Array }>;
  read(): Promise<Splats>;
  dispose(): void;
}

const near = 0.01;

/** rgb and transmittance of an image buffer of vec4. */
export function splitImage(image: Float32Array, pixels: number): { colour: Float64Array; transmittance: Float64Array } {
  const colour = new Float64Array(3 * pixels);
  const transmittance = new Float64Array(pixels);
  for (let i = 0; i < pixels; i++) {
    colour.set(image.subarray(4 * i, 4 * i + 3), 3 * i);
    transmittance[i] = image[4 * i + 3];
  }
  return { colour, transmittance };
}

async function createBack(gpu: Gpu, steps: GPUBuffer, buffers: SplatBuffers, raster: Rasterizer, options: SceneOptions) {
  const { photo: packed = new Uint32Array(4), dump = false, learnt } = options;
  const { capacity } = buffers;
  const { maxPixels } = raster.options;
  const views = learnt ? createViewStates(gpu, { poses: learnt, refinesPoses: true, refinesExposure: true, capacity, maxPixels }) : null;
  const refiner: ViewRefiner | null = views ? await createViewRefiner(gpu, steps, views, capacity) : null;
  const moments = createMoments(gpu, buffers.capacity, buffers.shDegree);
  const tally = createTally(gpu, buffers.capacity);
  const backward = await createBackward(gpu, steps, buffers, moments, tally, raster, { dump, viewGradients: views?.gradients ?? null });
  const photo = bufferFrom(gpu, 'photo', packed);
  const binding = backward.bindPhoto(photo);
  return { moments, tally, backward, views, refiner, photo, binding };
}

export async function createGpuScene(gpu: Gpu, splats: Splats, view: PinholeView, options: SceneOptions = {}): Promise<GpuScene> {
  const { tile = 8, capacity = 128, slotCapacity = 8192 } = options;
  const steps = createBuffer(gpu, 'steps', stepBytes, usage.uniform | usage.copyDst);
  const buffers = createSplatBuffers(gpu, splats, capacity, splats.shDegree);
  const [tilesX, tilesY] = tilesFor(view, tile);
  const pixels = view.widthPx * view.heightPx;
  const raster = await createRasterizer(gpu, steps, buffers, {
    tile,
    maxPixels: pixels,
    maxTiles: tilesX * tilesY,
    slotCapacity,
    depthBits: 24,
  });
  const back = options.photo ? await createBack(gpu, steps, buffers, raster, options) : null;
  const constants = (changes: Partial<StepConstants> = {}): StepConstants => ({
    ...renderConstants,
    view,
    near,
    tile,
    count: splats.count,
    shDegree: splats.shDegree,
    antialiased: splats.antialiased,
    slotCapacity,
    ...changes,
  });
  const submit = (changes: Partial<StepConstants>, backToo: boolean): void => {
    const step = constants(changes);
    gpu.device.queue.writeBuffer(steps, 0, packStep(step) as Uint8Array<ArrayBuffer>);
    raster.setCount(step.count);
    const encoder = gpu.device.createCommandEncoder();
    const recorder = createRecorder(encoder);
    if (backToo) back?.refiner?.begin(recorder);
    raster.record(recorder, step.count, step.view);
    if (back && backToo) back.backward.record(recorder, step.count, step.view, back.binding);
    if (backToo) back?.refiner?.step(recorder);
    recorder.end();
    gpu.device.queue.submit([encoder.finish()]);
  };
  return {
    splats: buffers,
    raster,
    moments: back?.moments ?? null,
    tally: back?.tally ?? null,
    backward: back?.backward ?? null,
    views: back?.views ?? null,
    constants,
    render: (changes = {}) => submit(changes, false),
    train: (changes = {}) => submit(changes, true),
    image: async () => splitImage(await readF32(gpu, raster.image), pixels),
    read: () => readSplats(gpu, buffers, splats.count, splats.antialiased),
    dispose() {
      back?.backward.dispose();
      back?.refiner?.dispose();
      back?.views?.dispose();
      back?.moments.dispose();
      back?.tally.dispose();
      raster.dispose();
      buffers.dispose();
      for (const buffer of [steps, ...(back ? [back.photo] : [])]) destroyBuffer(gpu, buffer);
    },
  };
}

export interface DumpedGradients {
  means: Float64Array;
  logScales: Float64Array;
  quats: Float64Array;
  opacityLogits: Float64Array;
  sh: Float64Array;
}

/** Gradients of a scene made with `dump`, in the layout of Splats. Zero where a splat was not in view. */
export async function readGradients(gpu: Gpu, scene: GpuScene, count: number): Promise<DumpedGradients> {
  const { capacity, shDegree } = scene.splats;
  const geometry = await readF32(gpu, scene.backward!.gradients);
  const sh = await readF32(gpu, scene.moments!.sh);
  const columns = 3 * shBasisCount(shDegree);
  const out: DumpedGradients = {
    means: new Float64Array(3 * count),
    logScales: new Float64Array(3 * count),
    quats: new Float64Array(4 * count),
    opacityLogits: new Float64Array(count),
    sh: new Float64Array(columns * count),
  };
  for (let i = 0; i < count; i++) {
    out.means.set(geometry.subarray(4 * i, 4 * i + 3), 3 * i);
    out.opacityLogits[i] = geometry[4 * i + 3];
    out.quats.set(geometry.subarray(4 * (capacity + i), 4 * (capacity + i) + 4), 4 * i);
    out.logScales.set(geometry.subarray(4 * (2 * capacity + i), 4 * (2 * capacity + i) + 3), 3 * i);
    for (let k = 0; k < columns; k++) out.sh[columns * i + k] = sh[k * capacity + i];
  }
  return out;
}

/** Every tile's list of splats, front to back, as the blend reads it. */
export async function readTileLists(gpu: Gpu, scene: GpuScene, view: PinholeView): Promise<number[][]> {
  const [tilesX, tilesY] = tilesFor(view, scene.raster.options.tile);
  const starts = await readU32(gpu, scene.raster.tileStarts);
  const sorted = await readU32(gpu, scene.raster.sortedSplats);
  return Array.from({ length: tilesX * tilesY }, (_, t) => [...sorted.subarray(starts[t], starts[t + 1])]);
}
