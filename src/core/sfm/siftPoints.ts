/**
 * Orientations and descriptors of the chosen key points on the GPU, in one submission and one read back.
 * Invariant: what comes back is ordered as the points are, whatever the order of the GPU's threads.
 */
import describeCode from '../../../shaders/sfm/sift_describe.wgsl?raw';
import orientCode from '../../../shaders/sfm/sift_orient.wgsl?raw';
import pointsCode from '../../../shaders/sfm/sift_points.wgsl?raw';
import rootCode from '../../../shaders/sfm/sift_root.wgsl?raw';
import { createBuffer, destroyBuffer, usage } from '../gpu/buffers.ts';
import type { Gpu } from '../gpu/device.ts';
import { type Binding, createKernel } from '../gpu/kernel.ts';
import type { Profiler } from '../gpu/profiler.ts';
import { createRecorder } from '../gpu/recorder.ts';
import { descriptorSize } from './features.ts';
import type { Described } from './siftFeatures.ts';
import { type Octave, cells, gradientLevel, orientationsPerPoint } from './siftOptions.ts';
import { type Candidates, candidateWords } from './siftSelect.ts';

const group = 64;
const infoBytes = 16 + 16 * 16;

export interface SiftPoints {
  /** kept: Gaussian levels 1 to 3 of all octaves. */
  describe(points: Candidates, octaves: Octave[], kept: GPUBuffer[]): Promise<Described>;
  dispose(): void;
}

function createBuffers(gpu: Gpu, capacity: number) {
  const descriptors = capacity * orientationsPerPoint;
  return {
    points: createBuffer(gpu, 'sift points', capacity * 16),
    angles: createBuffer(gpu, 'sift angles', capacity * 8),
    extra: createBuffer(gpu, 'sift extra', (1 + capacity) * 4),
    cellSums: createBuffer(gpu, 'sift cell sums', descriptors * descriptorSize * 4),
    descriptors: createBuffer(gpu, 'sift descriptors', descriptors * descriptorSize),
    staging: createBuffer(gpu, 'sift described', capacity * 12 + 4 + descriptors * descriptorSize, usage.mapRead | usage.copyDst),
    capacity,
  };
}

/** Points by octave and Gaussian, so that neighbouring invocations read the same plane and walk equally far. */
function gpuOrder({ count, values }: Candidates): Uint32Array {
  const key = (p: number) => values[p * candidateWords] * 4 + gradientLevel(values[p * candidateWords + 3]);
  return Uint32Array.from({ length: count }, (_, p) => p).sort(
    (a, b) => key(a) - key(b) || values[a * candidateWords + 2] - values[b * candidateWords + 2] || a - b,
  );
}

export async function createSiftPoints(gpu: Gpu, profiler?: Profiler): Promise<SiftPoints> {
  const common: Binding[] = ['uniform', 'read', 'read', 'read', 'read'];
  const [orient, describe, root] = await Promise.all([
    createKernel(gpu, {
      label: 'sift_orient',
      code: [pointsCode, orientCode],
      entry: 'sift_orient',
      bindings: [...common, 'write', 'write'],
    }),
    createKernel(gpu, {
      label: 'sift_describe',
      code: [pointsCode, describeCode],
      entry: 'sift_describe',
      bindings: [...common, 'read', 'read', 'write'],
    }),
    createKernel(gpu, { label: 'sift_root', code: [rootCode], entry: 'sift_root', bindings: ['uniform', 'read', 'read', 'write'] }),
  ]);
  const info = createBuffer(gpu, 'sift points info', infoBytes, usage.uniform | usage.copyDst);
  let buffers: ReturnType<typeof createBuffers> | null = null;
  const destroy = () => {
    if (!buffers) return;
    const { points, angles, extra, cellSums, descriptors, staging } = buffers;
    for (const buffer of [points, angles, extra, cellSums, descriptors, staging]) destroyBuffer(gpu, buffer);
    buffers = null;
  };
  const ensure = (count: number) => {
    if (buffers && buffers.capacity >= count) return buffers;
    destroy();
    buffers = createBuffers(gpu, count);
    return buffers;
  };

  const upload = (b: NonNullable<typeof buffers>, { count, values }: Candidates, order: Uint32Array, octaves: Octave[]) => {
    const words = new Uint32Array(infoBytes / 4);
    words[0] = count;
    words[1] = descriptorSize / 4;
    octaves.forEach(({ offset, stride, widthPx, heightPx }, slot) => words.set([offset, stride, widthPx, heightPx], 4 + 4 * slot));
    gpu.device.queue.writeBuffer(info, 0, words);
    const points = new Float32Array(count * 4);
    order.forEach((p, k) => {
      const [octave, x, y, level] = values.subarray(p * candidateWords, (p + 1) * candidateWords);
      points.set([octave - octaves[0].octave, x, y, level], 4 * k);
    });
    gpu.device.queue.writeBuffer(b.points, 0, points);
  };

  return {
    async describe(points, octaves, kept) {
      const { count } = points;
      const described: Described = {
        angles: new Float32Array(count * orientationsPerPoint),
        counts: new Uint8Array(count).fill(1),
        descriptors: new Uint8Array(count * orientationsPerPoint * descriptorSize),
      };
      if (count === 0) return described;
      const b = ensure(count);
      const order = gpuOrder(points);
      upload(b, points, order, octaves);
      const slots = count * orientationsPerPoint;
      const encoder = gpu.device.createCommandEncoder();
      encoder.clearBuffer(b.extra, 0, 4);
      const recorder = createRecorder(encoder, profiler);
      const common = [info, b.points, ...kept];
      const over = (items: number): [number, number, number] => [Math.ceil(items / group), 1, 1];
      recorder.dispatch({ kernel: orient, group: orient.bind(...common, b.angles, b.extra), size: over(count), step: false });
      const describeGroup = describe.bind(...common, b.angles, b.extra, b.cellSums);
      recorder.dispatch({ kernel: describe, group: describeGroup, size: over(slots * cells), step: false });
      recorder.dispatch({ kernel: root, group: root.bind(info, b.extra, b.cellSums, b.descriptors), size: over(slots), step: false });
      recorder.end();
      profiler?.resolve(encoder);
      const [extraFrom, descriptorsFrom] = [count * 8, count * 12 + 4];
      encoder.copyBufferToBuffer(b.angles, 0, b.staging, 0, count * 8);
      encoder.copyBufferToBuffer(b.extra, 0, b.staging, extraFrom, (1 + count) * 4);
      encoder.copyBufferToBuffer(b.descriptors, 0, b.staging, descriptorsFrom, slots * descriptorSize);
      gpu.device.queue.submit([encoder.finish()]);
      await b.staging.mapAsync(1);
      const bytes = b.staging.getMappedRange(0, descriptorsFrom + slots * descriptorSize);
      const [angles, extra] = [new Float32Array(bytes, 0, count * 2), new Uint32Array(bytes, extraFrom, 1 + count)];
      const take = (from: number, k: number, which: number) => {
        const slot = order[k] * orientationsPerPoint + which;
        described.angles[slot] = angles[2 * k + which];
        described.descriptors.set(new Uint8Array(bytes, descriptorsFrom + from * descriptorSize, descriptorSize), slot * descriptorSize);
        described.counts[order[k]] = which + 1;
      };
      for (let k = 0; k < count; k++) take(k, k, 0);
      for (let j = 0; j < extra[0]; j++) take(count + j, extra[1 + j], 1);
      b.staging.unmap();
      return described;
    },
    dispose() {
      destroy();
      destroyBuffer(gpu, info);
    },
  };
}
