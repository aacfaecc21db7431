/**
 * Engine: the buffers and kernels of one training run, and how a batch of steps is recorded.
 * Invariant: the result of a step depends only on the splats, the moments and the step's constants; how steps are grouped into
 * submissions changes nothing.
 */
import { createBuffer, destroyBuffer, readU32, usage } from '../gpu/buffers.ts';
import type { Gpu } from '../gpu/device.ts';
import { stepBytes } from '../gpu/kernel.ts';
import type { Profiler } from '../gpu/profiler.ts';
import { createRecorder } from '../gpu/recorder.ts';
import { type Rasterizer, type RasterizerOptions, createRasterizer } from '../raster/rasterizer.ts';
import { type SplatBuffers, createSplatBuffers } from '../raster/splatBuffers.ts';
import { type StepConstants, packStep } from '../raster/stepConstants.ts';
import type { Splats } from '../scene/splats.ts';
import { type Backward, type Moments, type PhotoBinding, createBackward, createMoments } from './backward.ts';
import { type RefineRequest, type Refiner, createRefiner } from './refine.ts';

/** Most steps in one submission. */
export const maxBatch = 64;

export interface EngineStep {
  constants: StepConstants;
  photo: number;
}

export interface Engine {
  splats: SplatBuffers;
  moments: Moments;
  raster: Rasterizer;
  backward: Backward;
  refiner: Refiner;
  /** Trains on up to maxBatch steps in one submission. */
  submit(steps: EngineStep[], profiler?: Profiler): void;
  /** Renders and scores without training; leaves the image in raster.image and the sums in backward.ring. */
  submitView(constants: StepConstants, photo: number): void;
  /** Relocates dead splats and grows to request.wanted. */
  submitRefine(request: RefineRequest): void;
  setCount(count: number): void;
  /** Makes room for more slots; splats, moments, scores and the loss ring stay. */
  resizeSlots(slotCapacity: number): Promise<void>;
  /** Most slots any view asked for since the last call. */
  takeSlotPeak(): Promise<number>;
  dispose(): void;
}

interface RasterPart {
  raster: Rasterizer;
  backward: Backward;
  refiner: Refiner;
  photos: PhotoBinding[];
}

export async function createEngine(
  gpu: Gpu,
  initial: Splats,
  capacity: number,
  options: RasterizerOptions,
  photos: GPUBuffer[],
): Promise<Engine> {
  const stepBuffer = createBuffer(gpu, 'steps', stepBytes * (maxBatch + 1), usage.uniform | usage.copyDst);
  const splats = createSplatBuffers(gpu, initial, capacity, initial.shDegree);
  const moments = createMoments(gpu, capacity, initial.shDegree);
  let count = initial.count;

  const build = async (wanted: RasterizerOptions): Promise<RasterPart> => {
    const raster = await createRasterizer(gpu, stepBuffer, splats, wanted);
    const backward = await createBackward(gpu, stepBuffer, splats, moments, raster);
    const refiner = await createRefiner(gpu, splats, moments, backward.scores);
    raster.setCount(count);
    return { raster, backward, refiner, photos: photos.map((photo) => backward.bindPhoto(photo)) };
  };
  const dispose = (part: RasterPart): void => {
    part.refiner.dispose();
    part.backward.dispose();
    part.raster.dispose();
  };
  let part = await build(options);

  const upload = (steps: StepConstants[], slot = 0): void => {
    steps.forEach((constants, k) => {
      gpu.device.queue.writeBuffer(
        stepBuffer,
        (slot + k) * stepBytes,
        packStep({ ...constants, slotCapacity: part.raster.options.slotCapacity }),
      );
    });
  };
  const encode = (work: (recorder: ReturnType<typeof createRecorder>) => void, profiler?: Profiler): void => {
    const encoder = gpu.device.createCommandEncoder();
    const recorder = createRecorder(encoder, profiler);
    work(recorder);
    recorder.end();
    profiler?.resolve(encoder);
    gpu.device.queue.submit([encoder.finish()]);
  };

  return {
    splats,
    moments,
    get raster() {
      return part.raster;
    },
    get backward() {
      return part.backward;
    },
    get refiner() {
      return part.refiner;
    },
    submit(steps, profiler) {
      upload(steps.map((step) => step.constants));
      encode((recorder) => {
        steps.forEach(({ constants, photo }, k) => {
          recorder.stepOffset = k * stepBytes;
          part.raster.record(recorder, constants.count, constants.view);
          part.backward.record(recorder, constants.count, constants.view, part.photos[photo]);
        });
      }, profiler);
    },
    submitView(constants, photo) {
      upload([constants], maxBatch);
      encode((recorder) => {
        recorder.stepOffset = maxBatch * stepBytes;
        part.raster.record(recorder, constants.count, constants.view);
        part.backward.recordLoss(recorder, constants.view, part.photos[photo]);
      });
    },
    submitRefine(request) {
      part.refiner.configure(request);
      encode((recorder) => part.refiner.record(recorder, request.count, request.wanted));
      count = request.wanted;
      part.raster.setCount(count);
    },
    setCount(wanted) {
      count = wanted;
      part.raster.setCount(count);
    },
    async resizeSlots(slotCapacity) {
      const wanted = { ...part.raster.options, slotCapacity };
      const old = part;
      part = await build(wanted);
      const encoder = gpu.device.createCommandEncoder();
      for (const [from, to] of [
        [old.backward.scores, part.backward.scores],
        [old.backward.ring, part.backward.ring],
      ]) {
        encoder.copyBufferToBuffer(from, 0, to, 0, from.size);
      }
      gpu.device.queue.submit([encoder.finish()]);
      await gpu.device.queue.onSubmittedWorkDone();
      dispose(old);
    },
    async takeSlotPeak() {
      const [, , peak] = await readU32(gpu, part.raster.counters);
      gpu.device.queue.writeBuffer(part.raster.counters, 8, new Uint32Array([0]));
      return peak;
    },
    dispose() {
      dispose(part);
      moments.dispose();
      splats.dispose();
      for (const buffer of [stepBuffer, ...photos]) destroyBuffer(gpu, buffer);
    },
  };
}
