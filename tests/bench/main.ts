/**
 * Benchmarks. `npm run bench -- train [--label TEXT] [--quick]` prints a table and appends one line to tests/bench/results.jsonl.
 * Invariant: nothing here asserts; a figure is only comparable with others of the same run on the same machine.
 */
import { parseArgs } from 'node:util';
import { openNodeGpu } from '../../src/cli/nodeGpu.ts';
import { benchTraining } from './trainBench.ts';

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { label: { type: 'string', default: '' }, quick: { type: 'boolean', default: false } },
});

if (positionals[0] !== 'train') {
  process.stderr.write('Usage: npm run bench -- train [--label TEXT] [--quick]\n');
  process.exitCode = 2;
} else {
  const gpu = await openNodeGpu();
  if (gpu.ok) {
    await benchTraining(gpu.value, values.label, values.quick);
    gpu.value.dispose();
  } else {
    process.stderr.write(`${gpu.failure.detail}\n`);
    process.exitCode = 1;
  }
}
