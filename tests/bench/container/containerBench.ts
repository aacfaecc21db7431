/**
 * The container's program from photos to files on this machine's GPU, once by each engine at the same preset. Prints rows of Markdown for
 * gpu-container/BENCH.md. Invariant: both engines are given the same photos, preset and seed; a figure that was not measured is "–".
 *
 * SPLAT_PYTHON names the Python, which must have what gpu-container/requirements/{base,cuda}.txt and gsplat bring.
 */
import { spawn, spawnSync } from 'node:child_process';
import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { withNodeOnPath } from '../../../scripts/lib/node.mjs';

export interface ContainerBench {
  label: string;
  /** 500 steps only: to see that it runs. */
  quick: boolean;
  /** The preset standard in place of draft. */
  full: boolean;
  /** Folder of photos. */
  photos: string;
  /** Engines; all when empty. */
  only: string[];
}

interface Metrics {
  adapter: string;
  photos: number;
  registered: number;
  splats: number;
  steps: number;
  psnrDb: number | null;
  ssim: number | null;
  lpips?: number | null;
  secondsByStage: Record<string, number>;
}

interface Row {
  engine: string;
  preset: string;
  metrics: Metrics;
  minutes: number;
  peakMemoryMib: number | null;
}

const container = fileURLToPath(new URL('../../../gpu-container', import.meta.url));
const results = fileURLToPath(new URL('../results.jsonl', import.meta.url));
const python = process.env['SPLAT_PYTHON'] ?? 'python3';

/** Memory of the first NVIDIA GPU that is taken, by everybody on it; null where there is none. */
function memoryMib(): number | null {
  const { status, stdout } = spawnSync('nvidia-smi', ['--query-gpu=memory.used', '--format=csv,noheader,nounits'], { encoding: 'utf8' });
  return status === 0 ? Number.parseInt(stdout, 10) : null;
}

/** Null when it failed; why stands on standard error. */
async function run(engine: string, preset: string, { photos, quick }: ContainerBench): Promise<Row | null> {
  const out = mkdtempSync(join(tmpdir(), 'splat-bench-'));
  const steps = quick ? ['--steps', '500'] : [];
  const args = ['-m', 'trainer', 'run', resolve(photos), '-o', out, '--engine', engine, '--preset', preset, ...steps];
  const [start, before] = [performance.now(), memoryMib()];
  let peak = before;
  const watch = setInterval(() => (peak = Math.max(peak ?? 0, memoryMib() ?? 0)), before === null ? 1 << 30 : 1000);
  const child = spawn(python, args, { cwd: container, env: withNodeOnPath(process.execPath, process.env), stdio: ['ignore', 2, 2] });
  const code = await new Promise<number | null>((done) => child.on('error', () => done(127)).on('exit', done));
  clearInterval(watch);
  const minutes = (performance.now() - start) / 60_000;
  const file = join(out, 'metrics.json');
  const metrics = code === 0 && existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Metrics) : null;
  rmSync(out, { recursive: true, force: true });
  if (!metrics) process.stderr.write(`${engine}: ended with exit code ${code ?? 'none'}\n`);
  return metrics && { engine, preset, metrics, minutes, peakMemoryMib: peak === null || before === null ? null : peak - before };
}

const figure = (value: number | null | undefined, digits: number): string => (typeof value === 'number' ? value.toFixed(digits) : '–');

/** One line of the tables in BENCH.md. */
export function markdownRow({ engine, preset, metrics, minutes, peakMemoryMib }: Row): string {
  const stages = Object.entries(metrics.secondsByStage).map(([stage, seconds]) => `${stage} ${(seconds / 60).toFixed(1)}`);
  const scores = [figure(metrics.psnrDb, 2), figure(metrics.ssim, 4), figure(metrics.lpips, 3)];
  const made = [`${metrics.registered}/${metrics.photos}`, metrics.steps, metrics.splats];
  const cells = [metrics.adapter, engine, preset, ...made, ...scores, minutes.toFixed(1), stages.join(', '), figure(peakMemoryMib, 0)];
  return `| ${cells.join(' | ')} |`;
}

export async function benchContainer(bench: ContainerBench): Promise<void> {
  if (!existsSync(bench.photos)) {
    process.stderr.write('Usage: npm run bench -- container PHOTOS [--full] [--quick] [--only gsplat|webgpu] [--label TEXT]\n');
    process.exitCode = 2;
    return;
  }
  for (const engine of bench.only.length > 0 ? bench.only : ['gsplat', 'webgpu']) {
    const row = await run(engine, bench.full ? 'standard' : 'draft', bench);
    if (!row) {
      process.exitCode = 1;
      continue;
    }
    process.stdout.write(`${markdownRow(row)}\n`);
    appendFileSync(results, `${JSON.stringify({ bench: 'container', label: bench.label, at: new Date().toISOString(), row })}\n`);
  }
}
