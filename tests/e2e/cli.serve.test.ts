/**
 * splat serve against a stub of the trainer API, with a real small job: photos become files that read back; restarts of the server and of
 * the worker, and a cancellation.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import sharp from 'sharp';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { convertSplats } from '../../src/core/formats/convert.ts';
import { readPly } from '../../src/core/formats/ply.ts';
import type { OutputKind } from '../../src/core/job/trainerApi.ts';
import type { Camera, View } from '../../src/core/scene/camera.ts';
import { proceduralScene } from '../fixtures/proceduralScene.ts';
import { type StubTrainerApi, startStubTrainerApi } from '../fixtures/stubTrainerApi.ts';
import { splat } from './cliProcess.ts';

const minuteMs = 60_000;
const sources = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const outputs: OutputKind[] = ['ply', 'splat', 'spz', 'sog', 'thumbnail', 'poster', 'cameras', 'metrics'];
const jobId = 'job_Zm9vYmFy';

let photos: Buffer[] = [];
let root = '';
let api: StubTrainerApi;
const workers: ChildProcess[] = [];

beforeAll(async () => {
  const scene = proceduralScene({ widthPx: 400, heightPx: 300, viewCount: 24, pointCount: 1, detail: true });
  photos = await Promise.all(
    scene.photos.slice(0, 6).map(({ widthPx: width, heightPx: height, rgba }) =>
      sharp(rgba, { raw: { width, height, channels: 4 } })
        .removeAlpha()
        .jpeg({ quality: 95 })
        .toBuffer(),
    ),
  );
});
beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), 'splat-serve-'));
  api = await startStubTrainerApi({ jobId, photos, outputs });
  writeFileSync(join(root, 'token'), `${api.workerToken}\n`);
});
afterEach(async () => {
  for (const worker of workers.splice(0)) worker.kill('SIGKILL');
  await api.close();
  rmSync(root, { recursive: true, force: true, maxRetries: 5 });
});
afterAll(() => expect(workers).toEqual([]));

const work = (...names: string[]): string => join(root, 'work', ...names);
const flags = (trainArgs: string): string[] => [
  ...['serve', '--api', api.url, '--token-file', join(root, 'token'), '--work', work()],
  ...['--worker-id', 'tester', '--once', '--json', `--train-args=${trainArgs}`],
];
const small = '--width 96 --max-splats 3000 --sh-degree 0';

interface Worker {
  child: ChildProcess;
  ended: Promise<number | null>;
  said(): string;
}

function startWorker(trainArgs: string): Worker {
  const hooks = pathToFileURL(join(sources, 'scripts/node-hooks.mjs')).href;
  const child = spawn(process.execPath, ['--import', hooks, join(sources, 'src/cli/main.ts'), ...flags(trainArgs)], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  workers.push(child);
  let said = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (said += text));
  return { child, ended: new Promise((resolve) => child.on('close', resolve)), said: () => said };
}

async function until(what: string, isTrue: () => boolean, worker?: Worker): Promise<void> {
  const endMs = Date.now() + 2 * minuteMs;
  while (!isTrue()) {
    if (Date.now() > endMs || typeof worker?.child.exitCode === 'number') throw new Error(`No ${what}. ${worker?.said()}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

const types = (): string[] => api.job.events.map(({ event }) => event.type);
const trainedSteps = (attempt: number): number[] =>
  api.job.events.flatMap(({ attempt: of, event }) =>
    of === attempt && event.type === 'progress' && event.stage === 'train' ? [event.done] : [],
  );
const stages = (attempt: number): string[] =>
  api.job.events.flatMap(({ attempt: of, event }) => (of === attempt && event.type === 'stage-started' ? [event.stage] : []));

/** Processes of this machine whose command line names this test's folder, read from /proc; none elsewhere. */
const engines = (): string[] =>
  (existsSync('/proc') ? readdirSync('/proc') : [])
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8')
          .split('\0')
          .join(' ')
          .includes(`train ${work(jobId)}`);
      } catch {
        return false;
      }
    });

test(
  'photos of a job become its files, while the server stumbles',
  async () => {
    const once = (at: RegExp, answer: number | 'cut' | 'cut-answer') => ({ at, times: 1, answer });
    api.faults.push(once(/^GET \/photos\/2$/, 403), once(/^GET \/photos\/4$/, 'cut'), once(/claim$/, 503), once(/manifest$/, 'cut-answer'));
    api.faults.push(once(/^PUT \/put\/spz$/, 403), once(/^PUT \/put\/sog$/, 500), once(/complete$/, 'cut-answer'));
    const ended = await splat(flags(`--steps 60 --preview-every 1 ${small}`));
    expect(api.problems).toEqual([]);
    expect(ended.code, ended.stderr).toBe(0);
    expect({ state: api.job.state, completions: api.job.completions }).toEqual({ state: 'completed', completions: 1 });
    expect([...api.job.files.keys()].sort()).toEqual([...outputs, 'preview'].sort());
    const file = (kind: OutputKind): Uint8Array => new Uint8Array(api.job.files.get(kind) ?? []);
    const scene = readPly(file('ply'), 'scene.ply');
    if (!scene.ok) throw new Error(scene.failure.detail);
    expect(api.job.metrics).toMatchObject({ photos: 6, registered: 6, steps: 60, splats: scene.value.splats.count });
    expect(api.job.metrics?.psnrDb).toBeGreaterThan(15);
    expect(api.job.metrics?.gpuSeconds).toBeGreaterThan(1);
    expect(api.job.metrics?.device.length).toBeGreaterThan(3);
    for (const kind of ['splat', 'spz', 'sog', 'preview'] as const) {
      const read = await convertSplats({ name: `scene.${kind === 'preview' ? 'splat' : kind}`, bytes: file(kind) }, 'again.ply');
      expect(read.ok, kind).toBe(true);
    }
    expect(await sharp(file('poster')).metadata()).toMatchObject({ format: 'webp', width: 96, height: 72 });
    const { cameras, views } = JSON.parse(Buffer.from(file('cameras')).toString()) as { cameras: Camera[]; views: View[] };
    expect(views.map(({ photoName }) => photoName)).toEqual([1, 2, 3, 4, 5, 6].map((i) => `00000${i}.jpg`));
    expect(cameras).toEqual([expect.objectContaining({ id: views[0].cameraId, widthPx: 400, heightPx: 300 })]);
    expect(types()).toContain('preview-ready');
    expect(types()).not.toContain('finished');
    expect(stages(1)).toEqual(['read', 'read', 'features', 'pairs', 'cameras', 'photos', 'train', 'save', 'evaluate']);
    expect(trainedSteps(1).at(-1)).toBe(60);
    expect(existsSync(work(jobId))).toBe(false);
    expect(JSON.stringify(api.job.events)).not.toContain(root);
  },
  3 * minuteMs,
);

test(
  'a worker that is interrupted, and one that is killed, go on from the checkpoint when started again, and complete once',
  async () => {
    const steps = 500;
    const args = `--steps ${steps} --checkpoint-every 1 ${small}`;
    const checkpoint = work(jobId, 'out/checkpoint.bin');
    const first = startWorker(args);
    await until('training', () => trainedSteps(1).length > 0, first);
    const photosFetched = api.log.filter((line) => line.startsWith('GET /photos')).length;
    first.child.kill('SIGINT');
    expect(await first.ended, first.said()).toBe(130);
    expect(engines()).toEqual([]);
    expect(api.job).toMatchObject({ state: 'claimed', failure: null });
    const keptMs = statSync(checkpoint).mtimeMs;

    const second = startWorker(args);
    await until('a newer checkpoint', () => statSync(checkpoint).mtimeMs > keptMs && trainedSteps(2).length > 0, second);
    second.child.kill('SIGKILL');
    await second.ended;
    await until('the end of its engine', () => engines().length === 0);
    expect(api.job.state).toBe('claimed');

    const third = startWorker(args);
    await until('training', () => trainedSteps(3).length > 0, third);
    // The server goes away and comes back in the middle of it.
    await api.stop();
    await until('a word about it', () => third.said().includes('does not answer'), third);
    await api.start();
    expect(await third.ended, third.said()).toBe(0);
    expect(third.said()).toContain('answers again');
    expect(api.problems).toEqual([]);
    expect(api.job).toMatchObject({ state: 'completed', completions: 1, attempt: 3 });
    expect(trainedSteps(2)[0]).toBeGreaterThan(trainedSteps(1)[0]);
    expect(trainedSteps(3)[0]).toBeGreaterThan(trainedSteps(2)[0]);
    for (const attempt of [2, 3]) expect(stages(attempt)).not.toContain('cameras');
    expect(api.log.filter((line) => line.startsWith('GET /photos')).length).toBe(photosFetched);
    expect(api.job.metrics?.steps).toBe(steps);
    expect(existsSync(work(jobId))).toBe(false);
  },
  4 * minuteMs,
);

test(
  'a cancelled job is stopped at once and leaves nothing',
  async () => {
    const worker = startWorker(small);
    await until('the engine', () => stages(1).includes('features'), worker);
    api.job.isCancelAsked = true;
    expect(await worker.ended, worker.said()).toBe(0);
    expect(api.job.state).toBe('cancelled');
    expect(engines()).toEqual([]);
    expect(readdirSync(work())).toEqual([]);
    expect(api.problems).toEqual([]);
  },
  3 * minuteMs,
);

test(
  'a job that another has got is left alone',
  async () => {
    const worker = startWorker(small);
    await until('the engine', () => stages(1).includes('features'), worker);
    Object.assign(api.job, { attempt: 2, holder: 'another' });
    expect(await worker.ended, worker.said()).toBe(0);
    expect(worker.said()).toContain('The attempt is over. (409)');
    expect(api.job).toMatchObject({ state: 'claimed', holder: 'another', failure: null });
    expect(engines()).toEqual([]);
  },
  3 * minuteMs,
);

test(
  'photos that cannot be solved fail the job with what is the matter with them, and no retry',
  async () => {
    api.job.photos = photos.slice(0, 2);
    const ended = await splat(flags(small));
    expect(ended.code).toBe(1);
    expect(api.job.failure).toMatchObject({ code: 'too-few-photos', retryable: false });
    expect(api.job.failure?.detail).toMatch(/2 photos; at least 3/);
    expect(readdirSync(work())).toEqual([]);
    expect(api.problems).toEqual([]);
  },
  minuteMs,
);

test('a wrong token ends with 1 and says which file it is from; so does a missing one', async () => {
  writeFileSync(join(root, 'token'), 'another');
  const wrong = await splat(flags(small));
  expect(wrong.code).toBe(1);
  expect(wrong.stderr).toContain(`does not take the worker token in ${join(root, 'token')}`);
  rmSync(join(root, 'token'));
  const missing = await splat(flags(small));
  expect(missing.code).toBe(1);
  expect(missing.stderr).toContain('token: it does not exist');
});
