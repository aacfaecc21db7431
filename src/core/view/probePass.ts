/**
 * Probe pass: which splats cover a few points of the picture, for picking and for hotspots that hide.
 * Invariant: answers come from the projection and order that the passes hold when answer() is called, up to `points` at a time.
 */
import probeCode from '../../../shaders/view/probe.wgsl?raw';
import { createBuffer, destroyBuffer, readU32, usage } from '../gpu/buffers.ts';
import type { Gpu } from '../gpu/device.ts';
import { createKernel } from '../gpu/kernel.ts';
import { groupsFor } from '../gpu/recorder.ts';
import type { ProbeAnswer, ProbePoint } from './splatRenderer.ts';
import type { ViewPasses } from './viewPasses.ts';

export interface ProbePass {
  answer(passes: ViewPasses | null, splats: number, points: ProbePoint[]): Promise<ProbeAnswer[]>;
}

const group = 64;
const mostPoints = 16;
/** Splats over one point: a thousand on average is far more than a trained scene has. */
const room = 16384;

/** One splat over a point. */
interface Hit {
  place: number;
  alpha: number;
  depth: number;
}

/** Composites hits from the near end (Kerbl et al. 2023, eq. 3): where half of the light is stopped, and what passes up to `depth`. */
export function answerOf(hits: Hit[], depth: number): ProbeAnswer {
  let all = 1;
  let before = 1;
  let surfaceDepth: number | null = null;
  for (const hit of hits.sort((a, b) => a.place - b.place)) {
    all *= 1 - hit.alpha;
    if (hit.depth < depth) before *= 1 - hit.alpha;
    if (surfaceDepth === null && all <= 0.5) surfaceDepth = hit.depth;
  }
  return { surfaceDepth, transmittance: before };
}

function hitsByPoint(words: Uint32Array, count: number, points: number): Hit[][] {
  const floats = new Float32Array(words.buffer);
  const hits: Hit[][] = Array.from({ length: points }, () => []);
  for (let at = 0; at < 4 * Math.min(count, room); at += 4) {
    hits[words[at]].push({ place: words[at + 1], alpha: floats[at + 2], depth: floats[at + 3] });
  }
  return hits;
}

export async function createProbePass(gpu: Gpu): Promise<ProbePass> {
  const { queue } = gpu.device;
  const kernel = await createKernel(gpu, {
    label: 'view probe',
    code: [probeCode],
    entry: 'probe_points',
    bindings: ['uniform', 'read', 'read', 'read', 'write', 'write'],
    constants: { GROUP: group },
  });
  /** Buffers of one question: several may be under way. */
  const ask = async (passes: ViewPasses, splats: number, points: ProbePoint[]): Promise<ProbeAnswer[]> => {
    const uniform = createBuffer(gpu, 'probe points', 16 + 16 * mostPoints, usage.uniform | usage.copyDst);
    const count = createBuffer(gpu, 'probe count', 16);
    const hits = createBuffer(gpu, 'probe hits', 16 * room);
    try {
      const words = new ArrayBuffer(16 + 16 * mostPoints);
      new Uint32Array(words, 0, 2).set([points.length, room]);
      for (const [n, { xPx, yPx }] of points.entries()) new Float32Array(words, 16 + 16 * n, 2).set([xPx, yPx]);
      queue.writeBuffer(uniform, 0, words);
      const encoder = gpu.device.createCommandEncoder();
      const pass = encoder.beginComputePass({ label: 'view probe' });
      pass.setPipeline(kernel.pipeline);
      pass.setBindGroup(0, kernel.bind(uniform, passes.sortCounts, passes.order, passes.cache, count, hits));
      pass.dispatchWorkgroups(...groupsFor(splats, group));
      pass.end();
      queue.submit([encoder.finish()]);
      const [[found], list] = await Promise.all([readU32(gpu, count), readU32(gpu, hits)]);
      return hitsByPoint(list, found, points.length).map((each, n) => answerOf(each, points[n].depth));
    } finally {
      for (const buffer of [uniform, count, hits]) destroyBuffer(gpu, buffer);
    }
  };
  return {
    async answer(passes, splats, points) {
      if (!passes) return points.map(() => ({ surfaceDepth: null, transmittance: 1 }));
      const groups = Array.from({ length: Math.ceil(points.length / mostPoints) }, (_, k) =>
        points.slice(k * mostPoints, (k + 1) * mostPoints),
      );
      return (await Promise.all(groups.map((some) => ask(passes, splats, some)))).flat();
    },
  };
}
