/**
 * Figures: the loss and PSNR of recent steps, read from the GPU with a lag so that training never waits for them.
 * Invariant: at most one read is under way; what is shown is at most a few submissions old and never guessed.
 */
import { createBuffer, destroyBuffer, usage } from '../gpu/buffers.ts';
import type { Gpu } from '../gpu/device.ts';
import { lossRing } from './backward.ts';

export interface Figures {
  /** Starts a read of the loss ring, unless one is under way. `step`: the last step submitted. */
  sample(ring: GPUBuffer, step: number): void;
  /** Means over the last steps read; null before the first read. */
  latest(ssimWeight: number): { lossMean: number | null; psnrDb: number | null };
  /** Waits for the read under way. */
  settle(): Promise<void>;
  dispose(): void;
}

/** Steps averaged: about one visit of every view in a small set. */
const windowSteps = 50;

export function createFigures(gpu: Gpu): Figures {
  const staging = createBuffer(gpu, 'loss read back', lossRing * 16, usage.mapRead | usage.copyDst);
  let pending: Promise<void> | null = null;
  let sums: { l1: number; ssim: number; mse: number } | null = null;

  const read = async (step: number): Promise<void> => {
    try {
      await staging.mapAsync(1);
      const ring = new Float32Array(staging.getMappedRange());
      const n = Math.min(step, windowSteps);
      const mean = (k: number): number =>
        Array.from({ length: n }, (_, i) => ring[4 * ((step - i) % lossRing) + k]).reduce((a, b) => a + b, 0) / n;
      sums = { l1: mean(0), ssim: mean(1), mse: mean(2) };
      staging.unmap();
    } catch {
      // The device was lost or the session disposed while reading: the last figures stay.
    }
    pending = null;
  };

  return {
    sample(ring, step) {
      if (pending || step === 0) return;
      const encoder = gpu.device.createCommandEncoder();
      encoder.copyBufferToBuffer(ring, 0, staging, 0, lossRing * 16);
      gpu.device.queue.submit([encoder.finish()]);
      pending = read(step);
    },
    latest(ssimWeight) {
      if (!sums) return { lossMean: null, psnrDb: null };
      return { lossMean: (1 - ssimWeight) * sums.l1 + ssimWeight * (1 - sums.ssim), psnrDb: -10 * Math.log10(Math.max(sums.mse, 1e-10)) };
    },
    settle: async () => {
      await pending;
    },
    dispose: () => destroyBuffer(gpu, staging),
  };
}
