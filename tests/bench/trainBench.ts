/**
 * Train bench: milliseconds by stage and steps per second of one training step for 10k, 50k and 200k splats at 270, 540 and 800 px.
 * Invariant: stage times come from timestamp queries in a run of their own; steps per second from wall time without them.
 */
import { appendFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { bufferFrom } from '../../src/core/gpu/buffers.ts';
import type { Gpu } from '../../src/core/gpu/device.ts';
import { createProfiler } from '../../src/core/gpu/profiler.ts';
import { renderConstants } from '../../src/core/raster/stepConstants.ts';
import { type Engine, type EngineStep, createEngine } from '../../src/core/train/engine.ts';
import { rasterOptionsFor } from '../../src/core/train/plan.ts';
import { benchPhoto, benchSplats, benchView } from './benchScene.ts';

const stages: Record<string, string[]> = {
  project: ['project'],
  sort: ['histogram', 'scatter', 'scan_whole', 'reduce_blocks', 'scan_sums', 'scan_blocks', 'count_slots', 'emit', 'tile_ranges'],
  blend: ['blend'],
  loss: ['loss_rows', 'loss_ssim', 'loss_total', 'loss_back_rows', 'loss_back'],
  'blend back': ['blend_back'],
  'splat back': ['sum_slots', 'sh_back', 'project_back'],
};

interface Row {
  splats: number;
  widthPx: number;
  tile: number;
  slots: number;
  stepsPerSecond: number;
  msByStage: Record<string, number> | null;
}

const shDegree = 3;

function steps(count: number, widthPx: number, tile: number, n: number): EngineStep[] {
  const rates = { lrMean: 1e-5, lrScale: 1e-4, lrQuat: 1e-4, lrOpacity: 1e-4, lrDc: 1e-4, lrRest: 1e-5 };
  return Array.from({ length: n }, (_, k) => ({
    constants: { ...renderConstants, ...rates, view: benchView(widthPx), near: 0.05, tile, count, shDegree, step: k + 1, slotCapacity: 0 },
    photo: 0,
  }));
}

async function timed(gpu: Gpu, engine: Engine, work: EngineStep[]): Promise<number> {
  const started = performance.now();
  for (const step of work) engine.submit([step]);
  await gpu.device.queue.onSubmittedWorkDone();
  return performance.now() - started;
}

async function stageTimes(gpu: Gpu, engine: Engine, work: EngineStep[]): Promise<Record<string, number> | null> {
  if (!gpu.hasTimestamps) return null;
  const profiler = createProfiler(gpu);
  engine.submit(work, profiler);
  await gpu.device.queue.onSubmittedWorkDone();
  const times = await profiler.read();
  profiler.dispose();
  const ms = (labels: string[]): number => labels.reduce((sum, label) => sum + (times.get(label)?.ms ?? 0), 0) / work.length;
  return Object.fromEntries(Object.entries(stages).map(([name, labels]) => [name, ms(labels)]));
}

async function measure(gpu: Gpu, count: number, widthPx: number, quick: boolean): Promise<Row> {
  const view = benchView(widthPx);
  const options = rasterOptionsFor(gpu, [view], count * 20 + 65536);
  const photo = bufferFrom(gpu, 'photo', benchPhoto(view));
  const engine = await createEngine(gpu, benchSplats(count, shDegree), count, options, [photo]);
  const make = (n: number) => steps(count, widthPx, options.tile, n);
  const first = await timed(gpu, engine, make(2));
  const n = Math.max(2, Math.min(100, Math.round((quick ? 500 : 3000) / (first / 2))));
  const ms = await timed(gpu, engine, make(n));
  const msByStage = await stageTimes(gpu, engine, make(Math.min(n, 5)));
  const slots = await engine.takeSlotPeak();
  engine.dispose();
  return { splats: count, widthPx, tile: options.tile, slots, stepsPerSecond: (1000 * n) / ms, msByStage };
}

const cell = (text: string | number, width: number): string => String(text).padStart(width);

function printRow({ splats, widthPx, tile, slots, stepsPerSecond, msByStage }: Row): void {
  const times = msByStage ? Object.values(msByStage).map((ms) => cell(ms.toFixed(2), 12)) : ['no timestamp queries on this adapter'];
  process.stdout.write(
    `${cell(splats, 8)}${cell(widthPx, 6)}${cell(tile, 5)}${cell(slots, 9)}${cell(stepsPerSecond.toFixed(2), 9)}${times.join('')}\n`,
  );
}

/** Runs all nine cases, prints them as they come and appends them to results.jsonl under the label. */
export async function benchTraining(gpu: Gpu, label: string, quick: boolean): Promise<void> {
  process.stdout.write(`Adapter: ${gpu.adapterName}\nSH degree ${shDegree}, 9:16 portrait; milliseconds a step by stage.\n`);
  process.stdout.write(
    `  splats width tile    slots  steps/s${Object.keys(stages)
      .map((name) => cell(name, 12))
      .join('')}\n`,
  );
  const rows: Row[] = [];
  for (const count of [10_000, 50_000, 200_000]) {
    for (const widthPx of [270, 540, 800]) {
      const row = await measure(gpu, count, widthPx, quick);
      printRow(row);
      rows.push(row);
    }
  }
  const file = fileURLToPath(new URL('results.jsonl', import.meta.url));
  appendFileSync(file, `${JSON.stringify({ bench: 'train', label, date: new Date().toISOString(), adapter: gpu.adapterName, rows })}\n`);
}
