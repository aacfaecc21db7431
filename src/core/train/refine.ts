/**
 * Refine: moves dead splats to where the error is and grows the set to a wanted count, all on the GPU (shaders/train/refine_*.wgsl).
 * Invariant: the count afterwards is exactly the one asked for, so the CPU always knows it without reading back.
 */
import chooseCode from '../../../shaders/train/refine_choose.wgsl?raw';
import colourCode from '../../../shaders/train/refine_colour.wgsl?raw';
import commonCode from '../../../shaders/train/refine_common.wgsl?raw';
import familyCode from '../../../shaders/train/refine_family.wgsl?raw';
import markCode from '../../../shaders/train/refine_mark.wgsl?raw';
import splitCode from '../../../shaders/train/refine_split.wgsl?raw';
import { createBuffer, destroyBuffer, usage } from '../gpu/buffers.ts';
import type { Gpu } from '../gpu/device.ts';
import { type Binding, createKernel } from '../gpu/kernel.ts';
import { type Recorder, groupsFor } from '../gpu/recorder.ts';
import { createScan } from '../gpu/scan.ts';
import type { SplatBuffers } from '../raster/splatBuffers.ts';
import { shBasisCount } from '../scene/splats.ts';
import type { Moments } from './backward.ts';

export interface RefineRequest {
  count: number;
  wanted: number;
  /** 0..1, from the seed and the step. */
  jitter: number;
  /** Weight units per unit of score; the sum of all weights must stay under 2^32. */
  scoreScale: number;
  deadOpacity: number;
}

export interface Refiner {
  /** Uploads the request; call right before the submission that records it. */
  configure(request: RefineRequest): void;
  record(recorder: Recorder, count: number, wanted: number): void;
  dispose(): void;
}

const group = 64;

export async function createRefiner(gpu: Gpu, splats: SplatBuffers, moments: Moments, scores: GPUBuffer): Promise<Refiner> {
  const { capacity } = splats;
  const words = (label: string, count: number) => createBuffer(gpu, label, count * 4);
  const store = {
    request: createBuffer(gpu, 'refine request', 32, usage.uniform | usage.copyDst),
    counts: words('refine count', 4),
    weights: words('refine weights', capacity),
    weightSums: words('refine weight sums', capacity + 1),
    dead: words('refine dead', capacity),
    deadSums: words('refine dead sums', capacity + 1),
    parents: words('refine parents', capacity),
  };
  const make = (entry: string, code: string[], bindings: Binding[], constants: Record<string, number> = {}) =>
    createKernel(gpu, { label: entry, code: [commonCode, ...code], entry, bindings, constants: { GROUP: group, ...constants } });
  const cap = { CAPACITY: capacity };
  const five: Binding[] = ['uniform', 'read', 'read', 'write', 'write'];
  const [mark, choose, children, parents, colour, weightScan, deadScan] = await Promise.all([
    make('refine_mark', [markCode], ['uniform', 'read', 'write', 'write', 'write'], cap),
    make('refine_choose', [chooseCode], ['uniform', 'read', 'read', 'write']),
    make('split_children', [familyCode, splitCode], five, cap),
    make('split_parents', [familyCode, splitCode], five, cap),
    make('refine_colour', [familyCode, colourCode], five, { ...cap, COLUMNS: 3 * shBasisCount(splats.shDegree) }),
    createScan(gpu, { counts: store.counts, input: store.weights, output: store.weightSums, maxItems: capacity }),
    createScan(gpu, { counts: store.counts, input: store.dead, output: store.deadSums, maxItems: capacity }),
  ]);
  const geometryGroup = [store.request, store.deadSums, store.parents, splats.geometry, moments.geometry];
  const groups = {
    mark: mark.bind(store.request, splats.geometry, scores, store.weights, store.dead),
    choose: choose.bind(store.request, store.weightSums, store.deadSums, store.parents),
    children: children.bind(...geometryGroup),
    parents: parents.bind(...geometryGroup),
    colour: colour.bind(store.request, store.deadSums, store.parents, splats.sh, moments.sh),
  };
  return {
    configure({ count, wanted, jitter, scoreScale, deadOpacity }) {
      const bytes = new ArrayBuffer(32);
      new Uint32Array(bytes).set([count, wanted]);
      new Float32Array(bytes).set([jitter, scoreScale, deadOpacity], 2);
      gpu.device.queue.writeBuffer(store.request, 0, bytes);
      gpu.device.queue.writeBuffer(store.counts, 0, new Uint32Array([count]));
    },
    record(recorder, count, wanted) {
      const [live, all] = [groupsFor(count, group), groupsFor(wanted, group)];
      recorder.dispatch({ kernel: mark, group: groups.mark, size: live, step: false });
      weightScan.record(recorder, { items: count });
      deadScan.record(recorder, { items: count });
      recorder.dispatch({ kernel: choose, group: groups.choose, size: all, step: false });
      recorder.dispatch({ kernel: children, group: groups.children, size: all, step: false });
      recorder.dispatch({ kernel: colour, group: groups.colour, size: all, step: false });
      recorder.dispatch({ kernel: parents, group: groups.parents, size: all, step: false });
    },
    dispose() {
      weightScan.dispose();
      deadScan.dispose();
      for (const buffer of Object.values(store)) destroyBuffer(gpu, buffer);
    },
  };
}
