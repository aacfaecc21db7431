/**
 * Benchmarks. `npm run bench -- train|match|bundle|view [--label TEXT] [--quick]` prints a table and appends one line to
 * tests/bench/results.jsonl. `view` also takes `--full` and `--only NAME,NAME`.
 * Invariant: nothing here asserts; a figure is only comparable with others of the same run on the same machine.
 */
import { parseArgs } from 'node:util';
import { openNodeGpu } from '../../src/cli/nodeGpu.ts';
import type { Gpu } from '../../src/core/gpu/device.ts';
import { benchBundle } from './bundleBench.ts';
import { benchMatching } from './matchBench.ts';
import { benchTraining } from './trainBench.ts';
import { benchViewers } from './viewBench.ts';

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    label: { type: 'string', default: '' },
    quick: { type: 'boolean', default: false },
    full: { type: 'boolean', default: false },
    only: { type: 'string', default: '' },
  },
});

const benches: Record<string, (gpu: Gpu, label: string, quick: boolean) => Promise<void>> = {
  train: benchTraining,
  match: benchMatching,
  bundle: (_, label, quick) => benchBundle(label, quick),
  view: (gpu, label, quick) => benchViewers(gpu, { label, quick, full: values.full, only: values.only.split(',').filter(Boolean) }),
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
