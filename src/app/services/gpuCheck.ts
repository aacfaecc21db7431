/** Whether this browser can train at all, before anything is chosen. Invariant: asks once; the answer is kept for the page's life. */
import type { Failure } from '../../core/job/failure.ts';

async function ask(): Promise<Failure | null> {
  if (!navigator.gpu) return { code: 'gpu-missing', detail: 'This browser has no WebGPU.' };
  const adapter = await navigator.gpu.requestAdapter().catch(() => null);
  return adapter ? null : { code: 'gpu-missing', detail: 'WebGPU is present but offers no adapter.' };
}

let answer: Promise<Failure | null> | null = null;

/** Null when training could work; else `gpu-missing` with the reason. */
export const gpuFailure = (): Promise<Failure | null> => (answer ??= ask());
