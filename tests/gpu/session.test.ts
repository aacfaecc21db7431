/**
 * A whole training run on a small photo set: the splats depend on data, options and step alone, whatever happens meanwhile, and what goes
 * wrong is a Failure or a warning.
 */
import { describe, expect, test } from 'vitest';
import { openNodeGpu } from '../../src/cli/nodeGpu.ts';
import { psnrDb } from '../../src/core/image/metrics.ts';
import type { JobEvent } from '../../src/core/job/events.ts';
import type { Splats } from '../../src/core/scene/splats.ts';
import type { TrainHost, TrainOptions, TrainSession } from '../../src/core/train/contract.ts';
import { createViewOrder } from '../../src/core/train/schedule.ts';
import { createTrainSession } from '../../src/core/train/session.ts';
import { proceduralScene } from '../fixtures/proceduralScene.ts';
import { memoryDataset } from './memoryDataset.ts';
import { openTestGpus } from './openTestGpu.ts';

const { full, portable } = await openTestGpus();
const { reconstruction, photos } = proceduralScene({ widthPx: 64, heightPx: 48, viewCount: 9, pointCount: 300 });
const { dataset, host } = memoryDataset(reconstruction, photos);

/** Short intervals, so that 60 steps hold growth, relocation and changes of SH degree and size. */
const hyper = {
  refineEvery: 10,
  refineFrom: 0.1,
  refineUntil: 0.9,
  growUntil: 0.6,
  deadOpacity: 0.05,
  noise: 1,
  halfUntil: 0.3,
  shEvery: 0.3,
};
const options: TrainOptions = { preset: 'preview', steps: 60, maxSplats: 400, widthPx: 64, holdout: 8, seed: 3, shDegree: 2, hyper };

interface Opened {
  session: TrainSession;
  events: JobEvent[];
}

interface OpenOptions {
  changes?: Partial<TrainOptions>;
  checkpoint?: Uint8Array;
  nowMs?: TrainHost['nowMs'];
  gpu?: typeof full;
  /** Called with every trained step that is reported. */
  onStep?: (step: number, session: TrainSession) => void;
}

async function open({ changes = {}, checkpoint, nowMs = host.nowMs, gpu = portable, onStep }: OpenOptions = {}): Promise<Opened> {
  const events: JobEvent[] = [];
  let session: TrainSession | null = null;
  const emit = (event: JobEvent): void => {
    events.push(event);
    if (session && event.type === 'progress' && event.stage === 'train') onStep?.(event.done, session);
  };
  const opened = await createTrainSession(gpu, dataset, { ...options, ...changes }, { ...host, nowMs }, emit, checkpoint);
  if (!opened.ok) throw new Error(opened.failure.detail);
  session = opened.value;
  return { session, events };
}

async function trained(how: OpenOptions = {}): Promise<Splats> {
  const { session } = await open(how);
  expect(await session.run()).toEqual({ ok: true, value: 'finished' });
  const splats = await session.splats();
  session.dispose();
  return splats;
}

/** A clock on which every submission takes 10 seconds: batches stay at one step. */
function slowClock(): () => number {
  let now = 0;
  return () => (now += 10_000);
}

const pauseMs = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

const trainedSteps = (events: JobEvent[]): number[] =>
  events.flatMap((event) => (event.type === 'progress' && event.stage === 'train' ? [event.done] : []));

const uninterrupted = await trained();

describe('one seed', () => {
  test('gives the same bytes again, and another seed others', async () => {
    expect(uninterrupted.count).toBe(400);
    for (const values of [uninterrupted.means, uninterrupted.sh, uninterrupted.opacityLogits])
      expect(values.every((value) => Number.isFinite(value))).toBe(true);
    expect(await trained()).toEqual(uninterrupted);
    expect((await trained({ changes: { seed: 4 } })).means).not.toEqual(uninterrupted.means);
  });

  test('gives the same bytes again on the full device', async () => {
    const first = await trained({ gpu: full });
    expect(await trained({ gpu: full })).toEqual(first);
  });

  test('gives the same bytes in batches of one step, with a pause and a preview in between', async () => {
    const { session, events } = await open({ nowMs: slowClock(), onStep: (step, running) => step === 12 && running.pause() });
    const run = session.run();
    while (session.state !== 'paused') await pauseMs(1);
    await session.render(session.startView);
    await pauseMs(50);
    expect(session.step).toBe(12);
    session.resume();
    expect(await run).toEqual({ ok: true, value: 'finished' });
    expect(trainedSteps(events)).toEqual(Array.from({ length: 60 }, (_, k) => k + 1));
    expect(await session.splats()).toEqual(uninterrupted);
    session.dispose();
  });

  test.each([24, 30, 3])('goes on exactly from a checkpoint at step %i', async (at) => {
    const { session } = await open({ nowMs: slowClock(), onStep: (step, running) => step === at && running.stop() });
    expect(await session.run()).toEqual({ ok: true, value: 'stopped' });
    const [bytes, before] = [await session.checkpoint(), await session.splats()];
    expect(session.step).toBe(at);
    session.dispose();
    const { session: resumed } = await open({ checkpoint: bytes });
    expect(resumed.step).toBe(at);
    expect(await resumed.splats()).toEqual(before);
    await resumed.run();
    expect(await resumed.splats()).toEqual(uninterrupted);
    resumed.dispose();
  });
});

test('too little room for splat-tile pairs is reported, enlarged, and the run goes on as one seed', async () => {
  // 60 splats far apart start so large that each covers most of the 192 tiles, more than what is planned for.
  const few = proceduralScene({ widthPx: 128, heightPx: 96, viewCount: 4, pointCount: 60 });
  const crowded = memoryDataset(few.reconstruction, few.photos);
  const run = async (): Promise<{ splats: Splats; warnings: string[] }> => {
    const warnings: string[] = [];
    const changes = {
      ...options,
      widthPx: 128,
      steps: 20,
      maxSplats: 60,
      holdout: 0,
      hyper: { refineEvery: 5, initialOpacity: 0.5, quarterUntil: 0, halfUntil: 0 },
    } as const;
    const opened = await createTrainSession(portable, crowded.dataset, changes, crowded.host, (event) => {
      if (event.type === 'warning') warnings.push(`${event.failure.code}: ${event.failure.detail}`);
    });
    if (!opened.ok) throw new Error(opened.failure.detail);
    await opened.value.run();
    const splats = await opened.value.splats();
    opened.value.dispose();
    return { splats, warnings };
  };
  const first = await run();
  expect(first.warnings).toHaveLength(1);
  expect(first.warnings[0]).toMatch(/^out-of-memory: \d+ splat-tile pairs were needed, 5296 had room; the room was enlarged\./);
  expect(first.splats.means.every((value) => Number.isFinite(value))).toBe(true);
  expect(await run()).toEqual(first);
});

test('a checkpoint taken between an overflow and the enlargement goes on exactly', async () => {
  // Three views from far away and one in the middle of large splats; the seed shows that one before the checkpoint at step 3.
  const few = proceduralScene({ widthPx: 128, heightPx: 96, viewCount: 4, pointCount: 60 });
  for (const { pose } of few.reconstruction.views.slice(1)) pose.t[2] += 60;
  const crowded = memoryDataset(few.reconstruction, few.photos);
  const seed = [...Array(50).keys()].find((each) => [1, 2, 3].map(createViewOrder(4, each)).includes(0))!;
  const changes = {
    ...options,
    seed,
    widthPx: 128,
    steps: 8,
    maxSplats: 60,
    holdout: 0,
    hyper: { refineEvery: 4, initialOpacity: 0.15, quarterUntil: 0, halfUntil: 0 },
  } as const;
  const start = async (onStep: (step: number, session: TrainSession) => void, checkpoint?: Uint8Array): Promise<Opened> => {
    const events: JobEvent[] = [];
    let session: TrainSession | null = null;
    const emit = (event: JobEvent): void => {
      events.push(event);
      if (session && event.type === 'progress' && event.stage === 'train') onStep(event.done, session);
    };
    const opened = await createTrainSession(portable, crowded.dataset, changes, { ...crowded.host, nowMs: slowClock() }, emit, checkpoint);
    if (!opened.ok) throw new Error(opened.failure.detail);
    session = opened.value;
    await session.run();
    return { session, events };
  };
  const whole = await start(() => {});
  expect(whole.events.filter(({ type }) => type === 'warning')).toHaveLength(1);
  const cut = await start((step, session) => step === 3 && session.stop());
  const resumed = await start(() => {}, await cut.session.checkpoint());
  expect(await resumed.session.splats()).toEqual(await whole.session.splats());
  for (const { session } of [whole, cut, resumed]) session.dispose();
});

test('a photo that cannot be decoded leaves the run with a warning; too few photos are a Failure', async () => {
  const broken = memoryDataset(reconstruction, photos.slice(0, 8));
  const events: JobEvent[] = [];
  const opened = await createTrainSession(portable, broken.dataset, { ...options, holdout: 0 }, broken.host, (event) => events.push(event));
  if (!opened.ok) throw new Error(opened.failure.detail);
  const warnings = events.flatMap((event) => (event.type === 'warning' ? [event.failure] : []));
  expect(warnings.map(({ code, file }) => ({ code, file }))).toEqual([{ code: 'bad-file', file: 'view_008.png' }]);
  expect(opened.value.metrics().trainViews).toBe(8);
  opened.value.dispose();
  const alone = memoryDataset(reconstruction, photos.slice(0, 1));
  const failed = await createTrainSession(portable, alone.dataset, { ...options, holdout: 0 }, alone.host, () => {});
  expect(failed).toMatchObject({ ok: false, failure: { code: 'too-few-photos' } });
});

test('held-out views are every 8th by name, scored on 8-bit values; stop keeps what there is; more steps can be added', async () => {
  const { session } = await open({ changes: { steps: 8 }, nowMs: slowClock(), onStep: (step, running) => step === 4 && running.stop() });
  expect(await session.run()).toEqual({ ok: true, value: 'stopped' });
  const scores = await session.evaluate((view) => {
    expect([view.render.widthPx, view.render.heightPx]).toEqual([64, 48]);
    expect(view.psnrDb).toBe(psnrDb(view.render, view.photo));
  });
  expect(scores.map(({ name }) => name)).toEqual(['view_000.png', 'view_008.png']);
  expect(session.metrics()).toMatchObject({ trainViews: 7, heldOutViews: 2, steps: 4, widthPx: 64, heightPx: 48, seed: 3 });
  expect(await session.run()).toEqual({ ok: true, value: 'finished' });
  session.extend(5);
  await session.run();
  expect(session.step).toBe(13);
  session.dispose();
});

test('a device that is lost ends the run with a Failure', async () => {
  const opened = await openNodeGpu({ portableFloor: true });
  if (!opened.ok) throw new Error(opened.failure.detail);
  const { session } = await open({ gpu: opened.value, nowMs: slowClock(), onStep: (step) => step === 5 && opened.value.device.destroy() });
  expect(await session.run()).toMatchObject({ ok: false, failure: { code: 'gpu-lost' } });
  expect(session.state).toBe('failed');
});
