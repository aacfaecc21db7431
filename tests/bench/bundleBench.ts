/**
 * Bundle adjustment: milliseconds an iteration, of which elimination and factorization, for a whole model and for the neighbourhood of a
 * new photo. Invariant: seeded problems; the first iterations, in which the compiler warms up, do not count.
 */
import { appendFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type BundleProblem, adjustBundle } from '../../src/core/sfm/bundle.ts';
import { bundleScene, perturb } from '../unit/sfm/bundleScene.ts';

interface Case {
  name: string;
  problem: () => BundleProblem;
}

function whole(views: number, points: number, track: number): BundleProblem {
  const { problem } = bundleScene({ views, points, track, noisePx: 0.5 });
  perturb(problem);
  return problem;
}

/** Six of eight cameras move, their lens does not. */
function local(): BundleProblem {
  const { problem } = bundleScene({ views: 8, points: 3000, track: 4, noisePx: 0.5 });
  problem.poseFixed[1] = 1;
  problem.lensFree[0] = { focal: false, radial: false };
  perturb(problem);
  return problem;
}

const cases: Case[] = [
  { name: '40 cameras, 12k points, 60k seen', problem: () => whole(40, 12000, 5) },
  { name: '6 of 8 cameras, 3k points', problem: local },
];
const large: Case = { name: '300 cameras, 30k points, 240k seen', problem: () => whole(300, 30000, 8) };

/** Milliseconds of each iteration but the last; `runs` times anew from the same start. */
async function iterationTimes(problem: BundleProblem, runs: number, maxIterations: number): Promise<number[]> {
  const times: number[] = [];
  for (let run = 0; run < runs; run++) {
    let last = NaN;
    const options = { loss: 'soft-l1', lossScalePx: 1, maxIterations, functionTolerance: 1e-12 } as const;
    await adjustBundle(structuredClone(problem), options, () => {
      const now = performance.now();
      if (!Number.isNaN(last)) times.push(now - last);
      last = now;
    });
  }
  return times;
}

/** Prints the table and appends it to results.jsonl under the label. `quick` leaves the large problem out. */
export async function benchBundle(label: string, quick: boolean): Promise<void> {
  process.stdout.write('Bundle adjustment, one thread; milliseconds an iteration, best and median.\n');
  const rows: { name: string; best: number; median: number }[] = [];
  for (const { name, problem } of quick ? cases : [...cases, large]) {
    const times = await iterationTimes(problem(), name === large.name ? 1 : 3, name === large.name ? 4 : 12);
    times.sort((a, b) => a - b);
    rows.push({ name, best: times[0], median: times[times.length >> 1] });
    process.stdout.write(`${name.padEnd(36)}${times[0].toFixed(1).padStart(9)}${times[times.length >> 1].toFixed(1).padStart(9)}\n`);
  }
  const file = fileURLToPath(new URL('results.jsonl', import.meta.url));
  appendFileSync(file, `${JSON.stringify({ bench: 'bundle', label, date: new Date().toISOString(), node: process.version, rows })}\n`);
}
