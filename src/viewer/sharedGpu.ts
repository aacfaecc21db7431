/**
 * One GPU device for all viewers of a page, opened by the first and closed some time after the last.
 * Invariant: a device that was lost is never handed out again.
 */
import { type Gpu, openGpu } from '../core/gpu/device.ts';
import { type Result, ok } from '../core/job/failure.ts';

export interface GpuLease {
  gpu: Gpu;
  release(): void;
}

/** A page that swaps one viewer for another keeps the device, and with it the compiled shaders. */
const idleMs = 10_000;

interface Shared {
  opening: Promise<Result<Gpu>>;
  leases: number;
  idle: ReturnType<typeof setTimeout> | undefined;
}

let shared: Shared | null = null;

function openShared(): Shared {
  const opening = openGpu(navigator.gpu);
  const mine: Shared = { opening, leases: 0, idle: undefined };
  const forget = (): void => {
    if (shared === mine) shared = null;
  };
  void opening.then((opened) => {
    if (opened.ok) void opened.value.lost.then(forget);
    else forget();
  });
  return mine;
}

/** The page's device; `gpu-missing` where there is none. Every lease is to be released once. */
export async function leaseGpu(): Promise<Result<GpuLease>> {
  const mine = (shared ??= openShared());
  clearTimeout(mine.idle);
  mine.leases++;
  const opened = await mine.opening;
  if (!opened.ok) return opened;
  let released = false;
  const release = (): void => {
    if (released) return;
    released = true;
    if (--mine.leases > 0) return;
    mine.idle = setTimeout(() => {
      if (mine.leases > 0) return;
      if (shared === mine) shared = null;
      opened.value.dispose();
    }, idleMs);
  };
  return ok({ gpu: opened.value, release });
}
