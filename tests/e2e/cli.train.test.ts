/**
 * splat train and render on a small generated photo set, as a child process: files, figures, events, interruption, exact resume and bad
 * input.
 */
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { decodeImage } from '../../src/cli/images.ts';
import { readPly } from '../../src/core/formats/ply.ts';
import type { JobEvent } from '../../src/core/job/events.ts';
import type { Pixels } from '../../src/core/scene/dataset.ts';
import type { TrainMetrics } from '../../src/core/train/contract.ts';
import { writeProceduralDataset } from '../fixtures/writeProceduralDataset.ts';
import { type Ended, eventsOf, splat } from './cliProcess.ts';

let root = '';
let dataset = '';
const at = (...names: string[]): string => join(root, ...names);

const metricsIn = (folder: string): TrainMetrics & { version: string } =>
  JSON.parse(readFileSync(join(folder, 'metrics.json'), 'utf8')) as TrainMetrics & { version: string };

function splatsIn(folder: string) {
  const read = readPly(readFileSync(join(folder, 'scene.ply')), 'scene.ply');
  if (!read.ok) throw new Error(read.failure.detail);
  return read.value.splats;
}

const picture = (path: string): Promise<Pixels> =>
  decodeImage({ path, sizeBytes: statSync(path).size, bytes: () => Promise.resolve(new Uint8Array(readFileSync(path))) });

/** Peak signal-to-noise ratio of two 8-bit pictures over RGB, from its definition. */
function psnr(a: Pixels, b: Pixels): number {
  const colour = Array.from({ length: a.rgba.length }, (_, i) => i).filter((i) => i % 4 < 3);
  const mse = colour.reduce((sum, i) => sum + (a.rgba[i] - b.rgba[i]) ** 2, 0) / colour.length;
  return 10 * Math.log10(255 ** 2 / mse);
}

const stepsOf = (events: JobEvent[]) => events.flatMap((event) => (event.type === 'progress' && event.stage === 'train' ? [event] : []));

const settings = ['--width', '64', '--max-splats', '1000', '--sh-degree', '1', '--seed', '7', '--json'];

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'splat-train-'));
  dataset = at('orbit');
  await writeProceduralDataset(dataset, { pointCount: 800 });
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

describe('a run to the end', () => {
  let ended: Ended;
  beforeAll(async () => {
    ended = await splat(['train', dataset, '-o', at('out'), '--steps', '60', '--renders', ...settings]);
  });

  test('ends with 0 and leaves exactly the promised files', () => {
    expect({ code: ended.code, stderr: ended.stderr }).toMatchObject({ code: 0 });
    const names = ['view_000.png', 'view_008.png', 'view_016.png'];
    expect(readdirSync(at('out')).sort()).toEqual(['metrics.json', 'photos', 'renders', 'scene.ply']);
    expect(readdirSync(at('out/renders')).sort()).toEqual(names);
    expect(readdirSync(at('out/photos')).sort()).toEqual(names);
  });

  test('the metrics say what was done, on what and how long it took', () => {
    const metrics = metricsIn(at('out'));
    expect(metrics).toMatchObject({ data: 'orbit, COLMAP binary sparse/0', widthPx: 64, heightPx: 48, steps: 60, seed: 7, shDegree: 1 });
    expect(metrics).toMatchObject({ trainViews: 21, heldOutViews: 3 });
    expect(metrics.version).toMatch(/^\d+\.\d+\.\d+/);
    expect(metrics.adapter.length).toBeGreaterThan(3);
    expect(Object.keys(metrics.secondsByStage)).toEqual(expect.arrayContaining(['read', 'photos', 'train', 'save', 'evaluate']));
    expect(Object.values(metrics.secondsByStage).every((seconds) => seconds >= 0 && seconds < 600)).toBe(true);
    expect(metrics.plannedBytes).toBeGreaterThan(1e5);
    expect(metrics.peakGpuBytes).toBeGreaterThan(1e5);
    expect(metrics.splats).toBe(splatsIn(at('out')).count);
    expect(metrics.splats).toBeGreaterThan(100);
    expect(metrics.splats).toBeLessThanOrEqual(1000);
  });

  test('the scores are those of the pictures written', async () => {
    const { perView, psnrDb } = metricsIn(at('out'));
    expect(perView.map((view) => view.name)).toEqual(['view_000.png', 'view_008.png', 'view_016.png']);
    for (const { name, psnrDb: claimed } of perView) {
      const [render, photo] = await Promise.all([picture(at('out/renders', name)), picture(at('out/photos', name))]);
      expect([render.widthPx, render.heightPx, photo.widthPx, photo.heightPx]).toEqual([64, 48, 64, 48]);
      expect(psnr(render, photo)).toBeCloseTo(claimed, 3);
    }
    expect(psnrDb).toBeCloseTo(perView.reduce((sum, view) => sum + view.psnrDb, 0) / 3, 6);
  });

  test('the photos written are the dataset at half size', async () => {
    const [small, large] = await Promise.all([picture(at('out/photos/view_000.png')), picture(join(dataset, 'images/view_000.png'))]);
    const averaged: Pixels = { ...small, rgba: new Uint8Array(small.rgba.length) };
    for (let i = 0; i < averaged.rgba.length; i++) {
      const [x, y, c] = [Math.floor(i / 4) % 64, Math.floor(i / 256), i % 4];
      const corner = 4 * (2 * y * 128 + 2 * x) + c;
      averaged.rgba[i] = [0, 4, 512, 516].reduce((sum, step) => sum + large.rgba[corner + step], 0) / 4;
    }
    expect(psnr(small, averaged)).toBeGreaterThan(45);
  });

  test('training helps: held-out PSNR is far above that of the initial splats', async () => {
    const first = await splat(['train', dataset, '-o', at('first'), '--steps', '1', ...settings]);
    expect(first.code).toBe(0);
    expect(metricsIn(at('out')).psnrDb).toBeGreaterThan((metricsIn(at('first')).psnrDb ?? 99) + 3);
    expect(metricsIn(at('out')).psnrDb).toBeGreaterThan(18);
  });

  test('the events tell the story in order: memory first, every stage, the end', () => {
    const events = eventsOf(ended);
    const types = events.map((event) => (event.type === 'stage-started' ? event.stage : event.type)).filter((type) => type !== 'progress');
    expect(types).toEqual(['read', 'memory-planned', 'photos', 'train', 'save', 'evaluate', 'finished']);
    const steps = stepsOf(events);
    expect(steps.at(-1)).toMatchObject({ done: 60, total: 60, unit: 'steps' });
    expect(steps.every((event, i) => i === 0 || event.done > steps[i - 1].done)).toBe(true);
  });

  test('the adapter and the saved file are told to people on standard error', () => {
    expect(ended.stderr).toContain(`Adapter: ${metricsIn(at('out')).adapter}`);
    expect(ended.stderr).toMatch(/Saved .*scene\.ply: [\d,]+ splats after 60 steps\./);
  });

  test('render draws the saved splat as the trainer saw it', async () => {
    const rendered = await splat([
      'render',
      at('out/scene.ply'),
      '--cameras',
      dataset,
      '-o',
      at('again'),
      '--width',
      '64',
      '--holdout',
      '8',
    ]);
    expect({ code: rendered.code, stderr: rendered.stderr }).toMatchObject({ code: 0 });
    expect(readdirSync(at('again')).sort()).toEqual(['view_000.png', 'view_008.png', 'view_016.png']);
    for (const name of readdirSync(at('again'))) {
      expect(psnr(await picture(at('again', name)), await picture(at('out/renders', name)))).toBeGreaterThan(40);
    }
  });

  test('render does not write among the photos', async () => {
    const images = join(dataset, 'images');
    const before = readFileSync(join(images, 'view_000.png'));
    const refused = await splat(['render', at('out/scene.ply'), '--cameras', dataset, '-o', images]);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain('holds photos of the dataset');
    expect(readFileSync(join(images, 'view_000.png'))).toEqual(before);
  });
});

describe('an interrupted run', () => {
  const steps = '160';

  test('keeps what there is, and resumed gives the bytes of an uninterrupted one', async () => {
    const checkpoint = at('run.ckpt');
    const args = ['--steps', steps, '--holdout', '0', ...settings];
    let told = false;
    const stopped = await splat(['train', dataset, '-o', at('stopped'), '--checkpoint', checkpoint, ...args], (line, child) => {
      const event = JSON.parse(line) as JobEvent;
      if (told || event.type !== 'progress' || event.stage !== 'train') return;
      told = true;
      // npm passes on the signal that a terminal sends to everyone: one key press comes twice.
      child.kill('SIGINT');
      child.kill('SIGINT');
    });
    expect({ code: stopped.code, stderr: stopped.stderr }).toMatchObject({ code: 130 });
    const early = metricsIn(at('stopped'));
    expect(early.steps).toBeGreaterThanOrEqual(1);
    expect(early.steps).toBeLessThan(160);
    expect(early.psnrDb).toBeNull();
    expect(splatsIn(at('stopped')).count).toBe(early.splats);
    expect(eventsOf(stopped).at(-1)).toEqual({ type: 'finished' });
    expect(eventsOf(stopped)).toContainEqual(
      expect.objectContaining({ type: 'warning', failure: expect.objectContaining({ code: 'cancelled' }) as unknown }),
    );

    const resumed = await splat(['train', dataset, '-o', at('resumed'), '--checkpoint', checkpoint, ...args]);
    expect({ code: resumed.code, stderr: resumed.stderr }).toMatchObject({ code: 0 });
    expect(stepsOf(eventsOf(resumed))[0].done).toBeGreaterThan(early.steps);
    const straight = await splat(['train', dataset, '-o', at('straight'), ...args]);
    expect(straight.code).toBe(0);
    expect(readFileSync(at('resumed/scene.ply')).equals(readFileSync(at('straight/scene.ply')))).toBe(true);
    expect(readFileSync(at('stopped/scene.ply')).equals(readFileSync(at('straight/scene.ply')))).toBe(false);
  });

  test('a checkpoint of another run and one cut short are refused', async () => {
    writeFileSync(at('cut.ckpt'), readFileSync(at('run.ckpt')).subarray(0, 1000));
    const cut = await splat([
      'train',
      dataset,
      '-o',
      at('x'),
      '--checkpoint',
      at('cut.ckpt'),
      '--steps',
      steps,
      '--holdout',
      '0',
      ...settings,
    ]);
    expect(cut.code).toBe(1);
    expect(eventsOf(cut).at(-1)).toMatchObject({ type: 'failed', failure: { code: 'bad-file' } });
    const other = await splat([
      'train',
      dataset,
      '-o',
      at('x'),
      '--checkpoint',
      at('run.ckpt'),
      '--steps',
      steps,
      '--seed',
      '8',
      '--width',
      '64',
    ]);
    expect(other.code).toBe(1);
    expect(other.stderr).toContain('Error: ');
    expect(existsSync(at('x/scene.ply'))).toBe(false);
  });
});

test('Ctrl-C while scoring keeps the splat and leaves out the scores', async () => {
  const ended = await splat(['train', dataset, '-o', at('unscored'), '--steps', '3', ...settings], (line, child) => {
    if (line.includes('"stage":"evaluate"') && line.includes('stage-started')) child.kill('SIGTERM');
  });
  expect({ code: ended.code, stderr: ended.stderr }).toMatchObject({ code: 130 });
  expect(metricsIn(at('unscored'))).toMatchObject({ steps: 3, psnrDb: null });
  expect(splatsIn(at('unscored')).count).toBe(metricsIn(at('unscored')).splats);
});

test('Ctrl-C before training has nothing to keep and ends with 1', async () => {
  const ended = await splat(['train', dataset, '-o', at('unbegun'), '--steps', '3', ...settings], (line, child) => {
    if (line.includes('memory-planned')) child.kill('SIGINT');
  });
  expect({ code: ended.code, stderr: ended.stderr }).toMatchObject({ code: 1 });
  expect(eventsOf(ended).at(-1)).toMatchObject({ type: 'failed', failure: { code: 'cancelled' } });
  expect(readdirSync(at('unbegun'))).toEqual([]);
});

test('a longer run goes on from the checkpoint of a finished one', async () => {
  const args = ['train', dataset, '-o', at('longer'), '--checkpoint', at('longer.ckpt'), '--holdout', '0', ...settings];
  expect((await splat([...args, '--steps', '4'])).code).toBe(0);
  expect(metricsIn(at('longer')).steps).toBe(4);
  const longer = await splat([...args, '--steps', '7']);
  expect({ code: longer.code, stderr: longer.stderr }).toMatchObject({ code: 0 });
  expect(stepsOf(eventsOf(longer))[0].done).toBeGreaterThan(4);
  expect(metricsIn(at('longer')).steps).toBe(7);
});

describe('bad input ends with 1 and says what is wrong', () => {
  async function failing(path: string): Promise<string> {
    const ended = await splat(['train', path, '-o', at('never'), '--steps', '5', '--width', '64']);
    expect({ code: ended.code, stdout: ended.stdout }).toEqual({ code: 1, stdout: '' });
    expect(ended.stderr).toMatch(/^Error: .+\n {2}.+\n(?: {2}.+\n)* {2}What to do: .+$/m);
    expect(ended.stderr).not.toMatch(/^ {4}at /m);
    expect(existsSync(at('never/scene.ply'))).toBe(false);
    return ended.stderr;
  }

  test('a folder that does not exist', async () => {
    expect(await failing(at('nowhere'))).toContain('nowhere: it does not exist');
  });

  test('an empty folder', async () => {
    mkdirSync(at('empty'));
    expect(await failing(at('empty'))).toContain('There is no photo among the 0 files given');
  });

  test('a model cut short', async () => {
    cpSync(dataset, at('cut'), { recursive: true });
    truncateSync(at('cut/sparse/0/images.bin'), 700);
    expect(await failing(at('cut'))).toContain('images.bin');
  });
});

test('a set with one broken and one missing photo trains on the rest and says so', async () => {
  cpSync(dataset, at('holes'), { recursive: true });
  truncateSync(at('holes/images/view_003.png'), 500);
  rmSync(at('holes/images/view_005.png'));
  const ended = await splat(['train', at('holes'), '-o', at('holes-out'), '--steps', '5', ...settings]);
  expect({ code: ended.code, stderr: ended.stderr }).toMatchObject({ code: 0 });
  const warned = JSON.stringify(eventsOf(ended).filter((event) => event.type === 'warning'));
  expect(warned).toContain('view_003.png');
  expect(warned).toContain('view_005.png');
  const { trainViews, heldOutViews } = metricsIn(at('holes-out'));
  expect(trainViews + heldOutViews).toBe(22);
});
