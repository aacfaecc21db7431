/**
 * Pyramid, DoG extrema and their refinement on the GPU, octave by octave, in one submission without a read back between.
 * Invariant: levels 1 to 3 of all octaves are still there when it is done (gradients are taken from them); levels 0, 4 and 5 are those of
 * the octave in work.
 */
import baseCode from '../../../shaders/sfm/sift_base.wgsl?raw';
import blurCode from '../../../shaders/sfm/sift_blur.wgsl?raw';
import detectCode from '../../../shaders/sfm/sift_detect.wgsl?raw';
import refineCode from '../../../shaders/sfm/sift_refine.wgsl?raw';
import stepCode from '../../../shaders/sfm/sift_step.wgsl?raw';
import { createBuffer, destroyBuffer, usage } from '../gpu/buffers.ts';
import type { Gpu } from '../gpu/device.ts';
import { type Kernel, createKernel, stepBytes } from '../gpu/kernel.ts';
import type { Profiler } from '../gpu/profiler.ts';
import { createRecorder } from '../gpu/recorder.ts';
import type { GreyImage } from './grey.ts';
import {
  type Octave,
  type SiftParameters,
  blurSigmas,
  gaussianKernel,
  gaussians,
  largestRadius,
  levelsPerOctave,
  maxMoves,
} from './siftOptions.ts';
import { type Candidates, candidateWords } from './siftSelect.ts';

const bindingsOfOne = ['step', 'read', 'write'] as const;
const group = 64;
const run = 16;
const refineGroups = 64;
const rawHeadWords = 16;
const maxSteps = 512;
/** Px of the patch that a refinement fits. */
const neighbours = 9;
/** Extrema that one octave has room for, by px of the first octave: white noise has one to 30 px. */
const pxPerRaw = 12;

/** Candidates read back at first; the rest follows when there are more. */
const firstRead = 32768;

export interface SiftPlanes {
  /** Gaussian levels 1 to 3, all octaves behind each other (Octave.offset). */
  kept: GPUBuffer[];
  /** Finds candidates at parameters.lowestThreshold. */
  detect(image: GreyImage, octaves: Octave[], parameters: SiftParameters): Promise<Candidates>;
  dispose(): void;
}

interface Kernels {
  base: Kernel;
  halve: Kernel;
  /** By first octave: entry 0 of the blurs differs. */
  blurs: Record<'double' | 'plain', Kernel[]>;
  detect: Kernel;
  refine: Kernel;
}

function blurKernel(gpu: Gpu, sigma: number): Promise<Kernel> {
  const half = gaussianKernel(sigma);
  const constants: Record<string, number> = { RADIUS: half.length - 1 };
  for (let i = 0; i <= largestRadius; i++) constants[`W${i}`] = half[i] ?? 0;
  return createKernel(gpu, { label: 'sift_blur', code: [stepCode, blurCode], entry: 'sift_blur', bindings: [...bindingsOfOne], constants });
}

async function createKernels(gpu: Gpu): Promise<Kernels> {
  const planes = Array.from({ length: gaussians }, () => 'read' as const);
  const [base, halve, detect, refine, double, plain] = await Promise.all([
    createKernel(gpu, { label: 'sift_base', code: [stepCode, baseCode], entry: 'sift_base', bindings: [...bindingsOfOne] }),
    createKernel(gpu, { label: 'sift_halve', code: [stepCode, baseCode], entry: 'sift_halve', bindings: [...bindingsOfOne] }),
    createKernel(gpu, {
      label: 'sift_detect',
      code: [stepCode, detectCode],
      entry: 'sift_detect',
      bindings: ['step', ...planes, 'write'],
    }),
    createKernel(gpu, {
      label: 'sift_refine',
      code: [stepCode, refineCode],
      entry: 'sift_refine',
      bindings: ['step', ...planes, 'write', 'write'],
    }),
    ...([-1, 0] as const).map((firstOctave) => Promise.all(blurSigmas(firstOctave).map((sigma) => blurKernel(gpu, sigma)))),
  ]);
  return { base, halve, blurs: { double, plain }, detect, refine };
}

interface Buffers {
  source: GPUBuffer;
  planes: GPUBuffer[];
  transposed: GPUBuffer;
  raw: GPUBuffer;
  rawCapacity: number;
  found: GPUBuffer;
  foundCapacity: number;
  sourcePx: number;
  firstPx: number;
  transposedPx: number;
  keptPx: number;
}

function createBuffers(gpu: Gpu, sourcePx: number, firstPx: number, transposedPx: number, keptPx: number): Buffers {
  const rawCapacity = Math.ceil(firstPx / pxPerRaw);
  const foundCapacity = rawCapacity;
  return {
    source: createBuffer(gpu, 'sift photo', sourcePx * 4),
    planes: Array.from({ length: gaussians }, (_, l) =>
      createBuffer(gpu, `sift gaussian ${l}`, (l >= 1 && l <= levelsPerOctave ? keptPx : firstPx) * 4),
    ),
    transposed: createBuffer(gpu, 'sift transposed', transposedPx * 4),
    raw: createBuffer(gpu, 'sift raw', (rawHeadWords + rawCapacity) * 4),
    rawCapacity,
    found: createBuffer(gpu, 'sift found', (1 + foundCapacity * candidateWords) * 4),
    foundCapacity,
    sourcePx,
    firstPx,
    transposedPx,
    keptPx,
  };
}

const destroyAll = (gpu: Gpu, b: Buffers) => {
  for (const buffer of [b.source, ...b.planes, b.transposed, b.raw, b.found]) destroyBuffer(gpu, buffer);
};

/** Constants of the passes of one submission, as they are recorded. Words as in sift_step.wgsl. */
interface Steps {
  bytes: ArrayBuffer;
  count: number;
}

function addStep(steps: Steps, words: number[], floats: number[]): number {
  const offset = steps.count++ * stepBytes;
  new Uint32Array(steps.bytes, offset, 8).set(words);
  new Float32Array(steps.bytes, offset + 32, 4).set(floats.slice(0, 4));
  new Uint32Array(steps.bytes, offset + 48, 4).set(floats.slice(4));
  return offset;
}

export async function createSiftPlanes(gpu: Gpu, profiler?: Profiler): Promise<SiftPlanes> {
  const kernels = await createKernels(gpu);
  const steps: Steps = { bytes: new ArrayBuffer(maxSteps * stepBytes), count: 0 };
  const stepBuffer = createBuffer(gpu, 'sift steps', steps.bytes.byteLength, usage.uniform | usage.copyDst);
  let buffers: Buffers | null = null;

  const ensure = (image: GreyImage, octaves: Octave[]): Buffers => {
    const sourcePx = image.widthPx * image.heightPx;
    const [first, last] = [octaves[0], octaves.at(-1)!];
    const wanted = {
      sourcePx,
      firstPx: first.stride * first.heightPx,
      transposedPx: first.transposedStride * first.widthPx,
      keptPx: last.offset + last.stride * last.transposedStride,
    };
    const largest = (key: keyof typeof wanted) => Math.max(wanted[key], buffers?.[key] ?? 0);
    if (buffers && (Object.keys(wanted) as (keyof typeof wanted)[]).every((key) => wanted[key] <= buffers![key])) return buffers;
    const next = [largest('sourcePx'), largest('firstPx'), largest('transposedPx'), largest('keptPx')] as const;
    if (buffers) destroyAll(gpu, buffers);
    buffers = createBuffers(gpu, ...next);
    planes.kept = buffers.planes.slice(1, levelsPerOctave + 1);
    return buffers;
  };

  const record = (b: Buffers, octaves: Octave[], parameters: SiftParameters, encoder: GPUCommandEncoder) => {
    const recorder = createRecorder(encoder, profiler);
    steps.count = 0;
    const dispatch = (kernel: Kernel, bound: GPUBuffer[], size: [number, number, number], offset: number) => {
      recorder.stepOffset = offset;
      recorder.dispatch({ kernel, group: kernel.bind(stepBuffer, ...bound), size, step: true });
    };
    const blurs = parameters.firstOctave === -1 ? kernels.blurs.double : kernels.blurs.plain;
    const at = (level: number, octave: Octave) => (level >= 1 && level <= levelsPerOctave ? octave.offset : 0);
    const blur = (kernel: Kernel, from: number, to: number, octave: Octave) => {
      const { widthPx: w, heightPx: h, stride, transposedStride } = octave;
      const down = addStep(steps, [w, h, stride, transposedStride, at(from, octave), 0, 1, 0], []);
      dispatch(kernel, [b.planes[from], b.transposed], [Math.ceil(w / group), Math.ceil(h / run), 1], down);
      const back = addStep(steps, [h, w, transposedStride, stride, 0, at(to, octave), 1, 0], []);
      dispatch(kernel, [b.transposed, b.planes[to]], [Math.ceil(h / group), Math.ceil(w / run), 1], back);
    };
    for (const [slot, octave] of octaves.entries()) {
      const { widthPx: w, heightPx: h, stride } = octave;
      if (slot === 0) {
        const zoom = parameters.firstOctave === -1 ? 2 : 1;
        const base = addStep(steps, [w, h, stride, stride, 0, 0, zoom, 0], []);
        dispatch(kernels.base, [b.source, b.planes[4]], [Math.ceil(w / group), h, 1], base);
        blur(blurs[0], 4, 0, octave);
      } else {
        const larger = octaves[slot - 1];
        const halve = addStep(steps, [w, h, larger.stride, stride, larger.offset, 0, 1, 0], []);
        dispatch(kernels.halve, [b.planes[levelsPerOctave], b.planes[0]], [Math.ceil(w / group), h, 1], halve);
      }
      for (let level = 1; level < gaussians; level++) blur(blurs[level], level - 1, level, octave);
      const edgeLimit = (parameters.edgeRatio + 1) ** 2 / parameters.edgeRatio;
      const search = addStep(
        steps,
        [w, h, stride, stride, octave.offset, 0, 1, slot],
        [
          octave.octave,
          0.8 * parameters.lowestThreshold,
          parameters.lowestThreshold,
          edgeLimit,
          b.rawCapacity,
          b.foundCapacity,
          maxMoves,
          neighbours,
        ],
      );
      dispatch(kernels.detect, [...b.planes, b.raw], [Math.ceil(w / (4 * group)), Math.ceil(h / run), 1], search);
      dispatch(kernels.refine, [...b.planes, b.raw, b.found], [refineGroups, 1, 1], search);
    }
    recorder.end();
  };

  const readFound = async (b: Buffers, encoder: GPUCommandEncoder): Promise<{ candidates: Candidates; overflow: boolean }> => {
    const headBytes = rawHeadWords * 4;
    const listBytes = (items: number) => (1 + items * candidateWords) * 4;
    const firstItems = Math.min(firstRead, b.foundCapacity);
    const staging = createBuffer(gpu, 'sift read back', headBytes + listBytes(firstItems), usage.mapRead | usage.copyDst);
    encoder.copyBufferToBuffer(b.raw, 0, staging, 0, headBytes);
    encoder.copyBufferToBuffer(b.found, 0, staging, headBytes, listBytes(firstItems));
    gpu.device.queue.submit([encoder.finish()]);
    try {
      await staging.mapAsync(1);
      const bytes = staging.getMappedRange().slice(0);
      const words = new Uint32Array(bytes);
      const count = words[rawHeadWords];
      const overflow = count > b.foundCapacity || words.subarray(0, rawHeadWords).some((raw) => raw > b.rawCapacity);
      const values = new Float32Array(bytes, headBytes + 4);
      if (overflow || count <= firstItems) return { overflow, candidates: { count, values } };
      const rest = await readRest(b, firstItems, count);
      const all = new Float32Array(count * candidateWords);
      all.set(values);
      all.set(rest, firstItems * candidateWords);
      return { overflow, candidates: { count, values: all } };
    } finally {
      destroyBuffer(gpu, staging);
    }
  };

  const readRest = async (b: Buffers, from: number, to: number): Promise<Float32Array> => {
    const sizeBytes = (to - from) * candidateWords * 4;
    const staging = createBuffer(gpu, 'sift read back, rest', sizeBytes, usage.mapRead | usage.copyDst);
    const encoder = gpu.device.createCommandEncoder();
    encoder.copyBufferToBuffer(b.found, (1 + from * candidateWords) * 4, staging, 0, sizeBytes);
    gpu.device.queue.submit([encoder.finish()]);
    try {
      await staging.mapAsync(1);
      return new Float32Array(staging.getMappedRange().slice(0));
    } finally {
      destroyBuffer(gpu, staging);
    }
  };

  const planes: SiftPlanes = {
    kept: [],
    async detect(image, octaves, parameters) {
      const b = ensure(image, octaves);
      gpu.device.queue.writeBuffer(b.source, 0, image.values);
      const encoder = gpu.device.createCommandEncoder();
      encoder.clearBuffer(b.raw, 0, rawHeadWords * 4);
      encoder.clearBuffer(b.found, 0, 4);
      record(b, octaves, parameters, encoder);
      profiler?.resolve(encoder);
      gpu.device.queue.writeBuffer(stepBuffer, 0, steps.bytes, 0, steps.count * stepBytes);
      const { candidates, overflow } = await readFound(b, encoder);
      if (!overflow) return candidates;
      // Which ones were lost depends on the order of the threads: search again with fewer to find.
      return this.detect(image, octaves, { ...parameters, lowestThreshold: 2 * parameters.lowestThreshold });
    },
    dispose() {
      if (buffers) destroyAll(gpu, buffers);
      destroyBuffer(gpu, stepBuffer);
      buffers = null;
    },
  };
  return planes;
}
