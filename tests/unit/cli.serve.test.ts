/** splat serve: its flags, its folders, what a failure means, previews and which files are put again. */
import { existsSync, mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseCommand } from '../../src/cli/args.ts';
import { failedBy, failedEngine, scrubbed } from '../../src/cli/serve/failures.ts';
import { createPreviews } from '../../src/cli/serve/previews.ts';
import type { MadeFile } from '../../src/cli/serve/results.ts';
import type { ServeCommand } from '../../src/cli/serve/serveArgs.ts';
import { presetSplats, trainFlags } from '../../src/cli/serve/trainFlags.ts';
import { namedFiles } from '../../src/cli/serve/uploads.ts';
import { jobFolder, prepareJobFolder, removeStale } from '../../src/cli/serve/workFolder.ts';
import { failureCodes } from '../../src/core/job/failure.ts';
import type { Gpu } from '../../src/core/gpu/device.ts';
import { planTraining } from '../../src/core/train/plan.ts';

let root = '';
beforeAll(() => void (root = mkdtempSync(join(tmpdir(), 'splat-serve-unit-'))));
afterAll(() => rmSync(root, { recursive: true, force: true }));

function command(...argv: string[]): ServeCommand {
  const parsed = parseCommand(['serve', ...argv]);
  if (parsed.kind !== 'run' || parsed.command.name !== 'serve') throw new Error(JSON.stringify(parsed));
  return parsed.command;
}
function problems(...argv: string[]): string[] {
  const parsed = parseCommand(['serve', ...argv]);
  if (parsed.kind !== 'usage') throw new Error(JSON.stringify(parsed));
  return parsed.problems;
}
const needed = ['--api', 'http://localhost:5173', '--token-file', 't'];

describe('flags', () => {
  test('an address and a token are enough', () => {
    const given = command(...needed);
    expect(given).toMatchObject({
      api: 'http://localhost:5173',
      tokenFile: 't',
      gpuClass: 'webgpu',
      trainArgs: [],
      once: false,
      json: false,
    });
    expect(given).toMatchObject({ idleExitSeconds: null, work: join(homedir(), '.cache', 'splat-serve') });
    expect(command(...needed).workerId).toBe(given.workerId);
    expect(command(...needed, '--work', 'w').workerId).not.toBe(given.workerId);
  });

  test('takes every flag; flags of training are those of train', () => {
    const line = [
      '--api',
      'https://a.test/',
      '--token-file',
      't',
      '--work',
      'w',
      '--worker-id',
      'me',
      '--gpu-class',
      'l4',
      '--once',
      '--json',
    ];
    expect(command(...line, '--idle-exit', '0', '--train-args= --steps 60   --checkpoint-every 5 ')).toEqual({
      ...{ name: 'serve', api: 'https://a.test', tokenFile: 't', work: 'w', workerId: 'me', gpuClass: 'l4', once: true, json: true },
      ...{ idleExitSeconds: 0, trainArgs: ['--steps', '60', '--checkpoint-every', '5'] },
    });
  });

  test.each([
    [['--api', 'localhost:5173', '--token-file', 't'], /--api wants an address/],
    [['--api', 'http://a.test/api', '--token-file', 't'], /--api wants an address/],
    [['--api', 'file:///x', '--token-file', 't'], /--api wants an address/],
    [['--api', 'http://a.test'], /--token-file is missing/],
    [['--token-file', 't'], /--api is missing/],
    [[...needed, '--train-args=--step 60'], /--train-args: .*--step/],
    [[...needed, '--train-args=photos'], /--train-args: "photos" is one argument too many/],
    [[...needed, '--train-args=-o x'], /--train-args: --out is for the worker to choose/],
    [[...needed, '--train-args=--checkpoint x'], /--checkpoint is for the worker/],
    [[...needed, '--train-args=--help'], /--help is no flag of a training run/],
    [[...needed, '--idle-exit', '-1'], /--idle-exit/],
    [[...needed, '--worker-id', ''], /--worker-id wants a name/],
    [[...needed, 'more'], /"more" is one argument too many/],
  ])('%j is a usage error', (argv, problem) => {
    const found = problems(...argv);
    expect(found).toHaveLength(1);
    expect(found[0]).toMatch(problem);
  });
});

describe('train flags', () => {
  const limits = { maxImages: 1, maxSeconds: 1, maxSplats: 3_000_000 };

  test('a limit above what the engine aims at is no reason to train more; one below is kept', () => {
    expect(trainFlags({ preset: 'full', limits }, [])).not.toContain('--max-splats');
    const flags = trainFlags({ preset: 'full', limits: { ...limits, maxSplats: 200_000 } }, []);
    expect(flags.slice(flags.indexOf('--max-splats'), flags.indexOf('--max-splats') + 2)).toEqual(['--max-splats', '200000']);
  });

  test('what the worker’s owner adds comes last and so counts', () => {
    const line = [
      'train',
      'P',
      '-o',
      'O',
      '--checkpoint',
      'c',
      '--preview',
      'p.ply',
      ...trainFlags({ preset: 'full', limits }, ['--preset', 'preview']),
    ];
    expect(parseCommand(line)).toMatchObject({ command: { checkpointEverySeconds: 60, renders: true, options: { preset: 'preview' } } });
  });

  test.each(['preview', 'full'] as const)('the engine aims at as many splats for %s as is thought here', (preset) => {
    const limits = { maxStorageBufferBindingSize: 2 ** 31, maxComputeWorkgroupsPerDimension: 65_535 };
    const gpu = { adapterName: 'a real one', device: { limits } } as unknown as Gpu;
    const camera = { ...{ id: 1, widthPx: 640, heightPx: 480, fx: 500, fy: 500, cx: 320, cy: 240, k1: 0, k2: 0, p1: 0, p2: 0 } };
    const plan = planTraining(gpu, [camera as unknown as Parameters<typeof planTraining>[1][number]], { preset, holdout: 8, seed: 0 });
    expect(plan.ok && plan.value.maxSplats).toBe(presetSplats[preset]);
  });
});

describe('folders', () => {
  test.each(['..', '../x', 'a/b', '', '.', 'a b', 'x'.repeat(81)])('%j is no name of a job', (jobId) => {
    expect(jobFolder('/work', jobId)).toBeNull();
  });

  test('a checkpoint is kept for the same flags and goes with others', async () => {
    const folder = jobFolder(root, 'job_1')!;
    expect((await prepareJobFolder(folder, ['--preset', 'full'])).ok).toBe(true);
    writeFileSync(folder.checkpoint, 'steps');
    await prepareJobFolder(folder, ['--preset', 'full']);
    expect(existsSync(folder.checkpoint)).toBe(true);
    await prepareJobFolder(folder, ['--preset', 'preview']);
    expect(existsSync(folder.checkpoint)).toBe(false);
  });

  test('a job that did not come back for a day goes; younger ones and other things stay', async () => {
    const work = join(root, 'stale');
    const nowMs = Date.now();
    for (const [name, hours] of [
      ['job_old', 25],
      ['job_new', 23],
    ] as const) {
      // prettier-ignore
      mkdirSync(join(work, name), { recursive: true });
      utimesSync(join(work, name), new Date(nowMs - hours * 3_600_000), new Date(nowMs - hours * 3_600_000));
    }
    expect(await removeStale(work, nowMs)).toBe(1);
    expect(existsSync(join(work, 'job_new'))).toBe(true);
    expect(await removeStale(join(root, 'nowhere'), nowMs)).toBe(0);
  });
});

describe('failures', () => {
  test('those of the machine may go better elsewhere; those of the photos will not', () => {
    const retryable = failureCodes.filter((code) => {
      const end = failedBy({ code, detail: '' });
      return end.kind === 'failed' && end.retryable;
    });
    expect(retryable.sort()).toEqual(['cancelled', 'gpu-lost', 'gpu-missing', 'out-of-memory', 'storage-full']);
  });

  test('an engine that could not say what was the matter has crashed', () => {
    const end = { exitCode: null, failure: null, how: 'signal SIGSEGV', lastWords: '/home/me: at line 3', seconds: 1 };
    expect(failedEngine(end)).toEqual({
      ...{ kind: 'failed', retryable: true, failure: { code: 'cloud-failed', detail: 'The engine broke off (signal SIGSEGV).' } },
    });
  });

  test('no path of this machine is told', () => {
    const failure = {
      code: 'bad-file' as const,
      detail: 'Cannot read /w/job_1/photos/000001.jpg in /w/job_1.',
      file: '/w/job_1/photos/000001.jpg',
    };
    expect(scrubbed(failure, '/w/job_1')).toEqual({
      code: 'bad-file',
      detail: 'Cannot read photos/000001.jpg in the job.',
      file: 'photos/000001.jpg',
    });
    expect(scrubbed({ code: 'bad-file', detail: 'x'.repeat(3000) }, '/w').detail).toHaveLength(2000);
  });
});

test('the files that a refusal names are put again; all of them when it names none', () => {
  const files = (['ply', 'splat', 'sog'] as const).map((kind) => ({ kind, bytes: 1, sha256: '', path: '' }));
  const kinds = (body: string) => namedFiles(body, files).map(({ kind }) => kind);
  expect(kinds('{"error":{"code":"not-there","message":"Not there as announced: sog, ply."}}')).toEqual(['ply', 'sog']);
  expect(kinds('{"error":{"code":"not-there","message":"splat-files are missing, says the supply."}}')).toEqual(['ply', 'splat', 'sog']);
});

test('previews go one at a time, the newest after the one under way; none is told that did not arrive', async () => {
  const path = join(root, 'preview.splat');
  const log: string[] = [];
  const open: ((arrived: boolean) => void)[] = [];
  const put = ({ bytes }: MadeFile): Promise<boolean> => {
    log.push(`put ${bytes} byte`);
    return new Promise((resolve) => open.push(resolve));
  };
  const previews = createPreviews(path, put, () => log.push('told'));
  const write = (text: string): void => {
    writeFileSync(path, text);
    previews.ready();
  };
  const until = async (count: number): Promise<void> => {
    while (open.length < count) await new Promise((resolve) => setTimeout(resolve, 1));
  };
  write('1');
  await until(1);
  write('22');
  write('333');
  open[0](true);
  await until(2);
  open[1](false);
  await previews.end();
  write('4444');
  await previews.end();
  expect(log).toEqual(['put 1 byte', 'told', 'put 3 byte']);
});
