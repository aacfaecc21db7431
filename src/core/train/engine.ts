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
import { type Backward, type Moments, type PhotoBinding, type Tally, createBackward, createMoments, createTally } from './backward.ts';
import { type RefineRequest, createRefiner } from './refine.ts';
import { createViewRefiner } from './viewRefiner.ts';
import { type ViewStateOptions, type ViewStates, createViewStates } from './viewStates.ts';

/** Most steps in one submission. */
export const maxBatch = 64;

export interface EngineStep {
  constants: StepConstants;
  photo: number;
}

export interface Engine {
  splats: SplatBuffers;
  moments: Moments;
  tally: Tally;
  /** What is learnt about the training views; null when nothing is. */
  views: ViewStates | null;
  raster: Rasterizer;
  backward: Backward;
  /** Trains on up to maxBatch steps in one submission. */
  submit(steps: EngineStep[], profiler?: Profiler): void;
  /** Renders and scores without training; leaves the image in raster.image and the sums in tally.ring. */
  submitView(constants: StepConstants, photo: number): void;
  /** Relocates dead splats and grows to request.wanted. */
  submitRefine(request: RefineRequest): void;
  setCount(count: number): void;
  /** Makes room for more slots; splats, moments and tally stay. */
  resizeSlots(slotCapacity: number): Promise<void>;
  /** Most slots any view asked for since the last call. */
  takeSlotPeak(): Promise<number>;
  dispose(): void;
}

interface RasterPart {
  raster: Rasterizer;
  backward: Backward;
  photos: PhotoBinding[];
}

export async function createEngine(
  gpu: Gpu,
  initial: Splats,
  capacity: number,
  options: RasterizerOptions,
  photos: GPUBuffer[],
  learnt?: Pick<ViewStateOptions, 'poses' | 'refinesPoses' | 'refinesExposure'>,
): Promise<Engine> {
  const learns = learnt !== undefined && (learnt.refinesPoses || learnt.refinesExposure);
  const stepBuffer = createBuffer(gpu, 'steps', stepBytes * (maxBatch + 1), usage.uniform | usage.copyDst);
  const splats = createSplatBuffers(gpu, initial, capacity, initial.shDegree);
  const moments = createMoments(gpu, capacity, initial.shDegree);
  const tally = createTally(gpu, capacity);
  const refiner = await createRefiner(gpu, splats, moments, tally.scores);
  const views = learns ? createViewStates(gpu, { ...learnt, capacity, maxPixels: options.maxPixels }) : null;
  const viewRefiner = views ? await createViewRefiner(gpu, stepBuffer, views, capacity) : null;
  let count = initial.count;

  const build = async (wanted: RasterizerOptions): Promise<RasterPart> => {
    const raster = await createRasterizer(gpu, stepBuffer, splats, wanted);
    const backward = await createBackward(gpu, stepBuffer, splats, moments, tally, raster, { viewGradients: views?.gradients ?? null });
    raster.setCount(count);
    return { raster, backward, photos: photos.map((photo) => backward.bindPhoto(photo)) };
  };
  const dispose = (part: RasterPart): void => {
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
    tally,
    views,
    get raster() {
      return part.raster;
    },
    get backward() {
      return part.backward;
    },
    submit(steps, profiler) {
      upload(steps.map((step) => step.constants));
      encode((recorder) => {
        steps.forEach(({ constants, photo }, k) => {
          recorder.stepOffset = k * stepBytes;
          viewRefiner?.begin(recorder);
          part.raster.record(recorder, constants.count, constants.view);
          part.backward.record(recorder, constants.count, constants.view, part.photos[photo]);
          viewRefiner?.step(recorder);
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
      refiner.configure(request);
      encode((recorder) => refiner.record(recorder, request.count, request.wanted));
      count = request.wanted;
      part.raster.setCount(count);
    },
    setCount(wanted) {
      count = wanted;
      part.raster.setCount(count);
    },
    async resizeSlots(slotCapacity) {
      const wanted = { ...part.raster.options, slotCapacity };
      await gpu.device.queue.onSubmittedWorkDone();
      dispose(part);
      part = await build(wanted);
    },
    async takeSlotPeak() {
      const [, , peak] = await readU32(gpu, part.raster.counters);
      gpu.device.queue.writeBuffer(part.raster.counters, 8, new Uint32Array([0]));
      return peak;
    },
    dispose() {
      dispose(part);
      refiner.dispose();
      moments.dispose();
      tally.dispose();
      viewRefiner?.dispose();
      views?.dispose();
      splats.dispose();
      for (const buffer of [stepBuffer, ...photos]) destroyBuffer(gpu, buffer);
    },
  };
}
