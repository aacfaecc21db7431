/** Says which GPU adapter the tests in Node will run on. Where there is none it says so; the GPU tests then fail with the remedy. */
import { openNodeGpu } from '../src/cli/nodeGpu.ts';

const gpu = await openNodeGpu();
process.stderr.write(gpu.ok ? `GPU tests run on: ${gpu.value.adapterName}\n` : `GPU tests will fail: ${gpu.failure.detail}\n`);
process.exit(0);
