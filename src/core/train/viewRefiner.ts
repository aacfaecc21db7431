/**
 * View refiner: the passes around a training step that learn the poses and the exposure of the training views
 * (shaders/train/view_begin.wgsl, view_sum.wgsl, view_step.wgsl).
 * Invariant: a step changes the state of its own view, and through the gauge the mean of all; nothing else of the run is touched.
 */
import stepCode from '../../../shaders/common/step.wgsl?raw';
import viewStateCode from '../../../shaders/common/view_state.wgsl?raw';
import viewBeginCode from '../../../shaders/train/view_begin.wgsl?raw';
import viewSumCode from '../../../shaders/train/view_sum.wgsl?raw';
import viewStepCode from '../../../shaders/train/view_step.wgsl?raw';
import { createBuffer, destroyBuffer } from '../gpu/buffers.ts';
import type { Gpu } from '../gpu/device.ts';
import { type Binding, createKernel, stepBytes } from '../gpu/kernel.ts';
import type { Recorder } from '../gpu/recorder.ts';
import type { ViewStates } from './viewStates.ts';

export interface ViewRefiner {
  /** Before everything else of a step: puts the view's correction into the step's constants. */
  begin(recorder: Recorder): void;
  /** After the backward pass of a step: moves the view's correction. */
  step(recorder: Recorder): void;
  dispose(): void;
}

/** Workgroups of view_sum, each of which leaves one partial sum. */
const partialCount = 64;

/** Rate of the bias relative to the log gain's: exposure is mostly a gain, which a bias as fast would take half of. */
export const biasRate = 0.1;

/** capacity: splats there is room for. */
export async function createViewRefiner(gpu: Gpu, stepBuffer: GPUBuffer, views: ViewStates, capacity: number): Promise<ViewRefiner> {
  const partials = createBuffer(gpu, 'view gradient partials', partialCount * 64);
  // Not the step buffer itself: bound as storage and uniform, it makes Mesa's software adapter ten times slower.
  const corrected = createBuffer(gpu, 'corrected step', stepBytes);
  const wanted = { POSE: views.refinesPoses ? 1 : 0, EXPOSURE: views.refinesExposure ? 1 : 0 };
  const make = (entry: string, code: string[], bindings: Binding[], constants?: Record<string, number>) =>
    createKernel(gpu, { label: entry, code: [stepCode, ...code], entry, bindings, ...(constants ? { constants } : {}) });
  const [begin, sum, step] = await Promise.all([
    make('view_begin', [viewStateCode, viewBeginCode], ['step', 'read', 'write']),
    make('view_sum', [viewSumCode], ['step', 'read', 'read', 'write'], { ...wanted, CAPACITY: capacity }),
    make('view_step', [viewStateCode, viewStepCode], ['step', 'read', 'read', 'write'], {
      ...wanted,
      PARTIALS: partialCount,
      BIAS_RATE: biasRate,
    }),
  ]);
  const { pose, exposure } = views.gradients;
  const groups = {
    begin: begin.bind(stepBuffer, views.states, corrected),
    // What is not learnt is not read either; any storage buffer fills its place.
    sum: sum.bind(stepBuffer, pose ?? views.frames, exposure ?? views.frames, partials),
    step: step.bind(stepBuffer, partials, views.frames, views.states),
  };
  return {
    begin(recorder) {
      recorder.dispatch({ kernel: begin, group: groups.begin, size: [1, 1, 1], step: true });
      recorder.copy(corrected, stepBuffer, recorder.stepOffset, stepBytes);
    },
    step(recorder) {
      recorder.dispatch({ kernel: sum, group: groups.sum, size: [partialCount, 1, 1], step: true });
      recorder.dispatch({ kernel: step, group: groups.step, size: [1, 1, 1], step: true });
    },
    dispose() {
      for (const buffer of [partials, corrected]) destroyBuffer(gpu, buffer);
    },
  };
}
