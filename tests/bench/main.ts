/**
 * Benchmarks. `npm run bench -- train|match|bundle|view|cloud-load|cloud-stream|container [--label TEXT] [--quick]` prints a table and
 * appends one line to tests/bench/results.jsonl. `view` also takes `--full` and `--only NAME,NAME`, `cloud-load` takes `--owners N`,
 * `container` takes the photos' folder behind its name, `--full` and `--only ENGINE`.
 * Invariant: a figure is only comparable with others of the same run on the same machine. Nothing here asserts but the benches of the
 * cloud, which fail when something was lost, doubled or buffered.
 */
import { parseArgs } from 'node:util';
import { openNodeGpu } from '../../src/cli/nodeGpu.ts';
import type { Gpu } from '../../src/core/gpu/device.ts';
import { benchBundle } from './bundleBench.ts';
import { benchCloudLoad } from './cloud/loadBench.ts';
import { benchCloudStream } from './cloud/streamBench.ts';
import { benchContainer } from './container/containerBench.ts';
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
    owners: { type: 'string', default: '' },
  },
});

const { label, quick, full } = values;

const onGpu: Record<string, (gpu: Gpu) => Promise<void>> = {
  train: (gpu) => benchTraining(gpu, label, quick),
  match: (gpu) => benchMatching(gpu, label, quick),
  view: (gpu) => benchViewers(gpu, { label, quick, full, only: values.only.split(',').filter(Boolean) }),
};
const onCpu: Record<string, () => Promise<void>> = {
  bundle: () => benchBundle(label, quick),
  'cloud-load': () => benchCloudLoad({ label, owners: Number(values.owners) || (quick ? 20 : 200) }),
  'cloud-stream': () => benchCloudStream({ label }),
  container: () => benchContainer({ label, quick, full, photos: positionals[1] ?? '', only: values.only.split(',').filter(Boolean) }),
};

async function withGpu(bench: (gpu: Gpu) => Promise<void>): Promise<void> {
  const gpu = await openNodeGpu();
  if (!gpu.ok) {
    process.stderr.write(`${gpu.failure.detail}\n`);
    process.exitCode = 1;
    return;
  }
  await bench(gpu.value);
  gpu.value.dispose();
}

const name = positionals[0] ?? '';
if (name in onGpu) await withGpu(onGpu[name]);
else if (name in onCpu) await onCpu[name]();
else {
  process.stderr.write(`Usage: npm run bench -- ${Object.keys({ ...onGpu, ...onCpu }).join('|')} [--label TEXT] [--quick]\n`);
  process.exitCode = 2;
}
