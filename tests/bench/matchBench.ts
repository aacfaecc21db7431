/**
 * Matching: milliseconds a pair of photos with 4,000 features each in plain JavaScript, WebAssembly and on the GPU, one thread and one
 * photo against several. Invariant: descriptors as RootSIFT gives them, every third of them found again in the other photo.
 */
import { appendFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Gpu } from '../../src/core/gpu/device.ts';
import { createRandom } from '../../src/core/math/random.ts';
import { matchCpu, plainBests } from '../../src/core/sfm/matchCpu.ts';
import { createMatcher } from '../../src/core/sfm/matcher.ts';
import { randomDescriptors } from '../unit/sfm/descriptors.ts';

const features = 4000;

function photos(count: number): Uint8Array[] {
  const first = randomDescriptors(1, features);
  const random = createRandom(2);
  const others = Array.from({ length: count - 1 }, (_, k) => {
    const other = randomDescriptors(3 + k, features);
    const third = first.subarray(0, Math.floor(features / 3) * 128);
    other.set(third.map((value) => Math.max(0, Math.min(255, value + Math.round((random() - 0.5) * 8)))));
    return other;
  });
  return [first, ...others];
}

/** The shortest of some runs, in milliseconds a pair: others share the machine. */
async function msPerPair(runs: number, pairs: number, work: () => unknown): Promise<number> {
  let best = Infinity;
  for (let k = 0; k < runs; k++) {
    const started = performance.now();
    await work();
    best = Math.min(best, (performance.now() - started) / pairs);
  }
  return best;
}

/** Prints the table and appends it to results.jsonl under the label. */
export async function benchMatching(gpu: Gpu, label: string, quick: boolean): Promise<void> {
  const [first, ...others] = photos(quick ? 3 : 9);
  process.stdout.write(`Adapter: ${gpu.adapterName}\n${features} x ${features} features; milliseconds a pair, best of some runs.\n`);
  const rows: { path: string; ms: number }[] = [];
  const add = async (path: string, runs: number, pairs: number, work: () => unknown): Promise<void> => {
    const ms = await msPerPair(runs, pairs, work);
    rows.push({ path, ms });
    const gops = (features * features * 256) / ms / 1e6;
    process.stdout.write(`${path.padEnd(24)}${ms.toFixed(2).padStart(9)} ms  ${gops.toFixed(1).padStart(8)} GOP/s\n`);
  };
  await add('plain JavaScript', 1, 1, () => plainBests(first, others[0]));
  await add('WebAssembly SIMD', quick ? 3 : 6, others.length, () => matchCpu(first, others));
  for (const arithmetic of ['packed', 'plain'] as const) {
    const matcher = await createMatcher(gpu, { arithmetic });
    await add(`GPU, ${arithmetic} products`, quick ? 2 : 3, others.length, () => matcher.match(first, others));
    matcher.dispose();
  }
  const file = fileURLToPath(new URL('results.jsonl', import.meta.url));
  appendFileSync(file, `${JSON.stringify({ bench: 'match', label, date: new Date().toISOString(), adapter: gpu.adapterName, rows })}\n`);
}
