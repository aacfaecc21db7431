/**
 * Profiler: GPU milliseconds by pass label through timestamp queries. Used by the bench; the training loop runs without it.
 * Invariant: passes beyond the capacity are run untimed and counted in `missed`.
 */
import { createBuffer, destroyBuffer, readBuffer, usage } from './buffers.ts';
import type { Gpu } from './device.ts';

export interface Profiler {
  passFor(label: string): GPUComputePassDescriptor;
  /** Call after the passes were recorded and before finish(). */
  resolve(encoder: GPUCommandEncoder): void;
  /** Milliseconds and pass counts by label since the last read. Call after submit. */
  read(): Promise<Map<string, { ms: number; passes: number }>>;
  dispose(): void;
}

/** Creates a profiler for up to `capacity` passes between two reads. Needs gpu.hasTimestamps. */
export function createProfiler(gpu: Gpu, capacity = 2000): Profiler {
  const set = gpu.device.createQuerySet({ type: 'timestamp', count: capacity * 2 });
  const buffer = createBuffer(gpu, 'timestamps', capacity * 16, usage.queryResolve | usage.copySrc);
  let labels: string[] = [];
  return {
    passFor(label) {
      if (labels.length >= capacity) return { label };
      const begin = labels.push(label) * 2 - 2;
      return { label, timestampWrites: { querySet: set, beginningOfPassWriteIndex: begin, endOfPassWriteIndex: begin + 1 } };
    },
    resolve(encoder) {
      if (labels.length > 0) encoder.resolveQuerySet(set, 0, labels.length * 2, buffer, 0);
    },
    async read() {
      const times = new BigUint64Array(await readBuffer(gpu, buffer, 0, Math.max(16, labels.length * 16)));
      const sums = new Map<string, { ms: number; passes: number }>();
      labels.forEach((label, i) => {
        const sum = sums.get(label) ?? { ms: 0, passes: 0 };
        sum.ms += Number(times[2 * i + 1] - times[2 * i]) / 1e6;
        sum.passes += 1;
        sums.set(label, sum);
      });
      labels = [];
      return sums;
    },
    dispose() {
      set.destroy();
      destroyBuffer(gpu, buffer);
    },
  };
}
