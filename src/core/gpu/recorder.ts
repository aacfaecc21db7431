/**
 * Recorder: writes dispatches into a command encoder. Without profiling every dispatch shares one compute pass; with a profiler each has
 * its own pass between two timestamps.
 */
import type { Kernel } from './kernel.ts';
import type { Profiler } from './profiler.ts';

export interface Dispatch {
  kernel: Kernel;
  group: GPUBindGroup;
  /** Workgroups, or a buffer with three u32 at a byte offset. */
  size: [number, number, number] | { indirect: GPUBuffer; offset: number };
  /** True when the first binding is a 'step' uniform. */
  step: boolean;
}

export interface Recorder {
  dispatch(item: Dispatch): void;
  /** Copies bytes from the start of one buffer into another, between the dispatches before and after. */
  copy(from: GPUBuffer, to: GPUBuffer, offsetBytes: number, sizeBytes: number): void;
  /** Byte offset of the step constants that the following dispatches use. */
  stepOffset: number;
  end(): void;
}

export function createRecorder(encoder: GPUCommandEncoder, profiler?: Profiler): Recorder {
  let pass: GPUComputePassEncoder | null = null;
  const end = () => {
    pass?.end();
    pass = null;
  };
  return {
    stepOffset: 0,
    dispatch({ kernel, group, size, step }) {
      if (profiler) end();
      pass ??= encoder.beginComputePass(profiler ? profiler.passFor(kernel.label) : undefined);
      pass.setPipeline(kernel.pipeline);
      pass.setBindGroup(0, group, step ? [this.stepOffset] : []);
      if (Array.isArray(size)) pass.dispatchWorkgroups(...size);
      else pass.dispatchWorkgroupsIndirect(size.indirect, size.offset);
    },
    copy(from, to, offsetBytes, sizeBytes) {
      end();
      encoder.copyBufferToBuffer(from, 0, to, offsetBytes, sizeBytes);
    },
    end,
  };
}

/** Workgroup counts for n items, folded into two dimensions when one would exceed 65,535. The kernel flattens id.y * 65535 + id.x. */
export function groupsFor(items: number, perGroup: number): [number, number, number] {
  const groups = Math.max(1, Math.ceil(items / perGroup));
  return groups <= 65535 ? [groups, 1, 1] : [65535, Math.ceil(groups / 65535), 1];
}
