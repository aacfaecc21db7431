/**
 * Benchmarks. `npm run bench -- train|match|bundle [--label TEXT] [--quick]` prints a table and appends one line to tests/bench/results.jsonl.
 * Invariant: nothing here asserts; a figure is only comparable with others of the same run on the same machine.
 */
import { parseArgs } from 'node:util';
import { openNodeGpu } from '../../src/cli/nodeGpu.ts';
import type { Gpu } from '../../src/core/gpu/device.ts';
import { benchBundle } from './bundleBench.ts';
import { benchMatching } from './matchBench.ts';
import { benchTraining } from './trainBench.ts';

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { label: { type: 'string', default: '' }, quick: { type: 'boolean', default: false } },
});

const benches: Record<string, (gpu: Gpu, label: string, quick: boolean) => Promise<void>> = {
  train: benchTraining,
  match: benchMatching,
  bundle: (_, label, quick) => benchBundle(label, quick),
};
const bench = benches[positionals[0] ?? ''];

if (!bench) {
  process.stderr.write(`Usage: npm run bench -- ${Object.keys(benches).join('|')} [--label TEXT] [--quick]\n`);
  process.exitCode = 2;
} else {
  const gpu = await openNodeGpu();
  if (gpu.ok) {
    await bench(gpu.value, values.label, values.quick);
    gpu.value.dispose();
  } else {
    process.stderr.write(`${gpu.failure.detail}\n`);
    process.exitCode = 1;
  }
}
