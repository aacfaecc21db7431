/** Train keeper: what is written while training goes on, on a clock that the test moves; and cameras that are kept. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { parseCommand } from '../../src/cli/args.ts';
import { solveOnce } from '../../src/cli/keptSolve.ts';
import { writeWhole } from '../../src/cli/outputFiles.ts';
import { startKeeper } from '../../src/cli/trainKeeper.ts';
import type { JobEvent } from '../../src/core/job/events.ts';
import { type Result, fail, ok } from '../../src/core/job/failure.ts';
import type { Solved } from '../../src/core/sfm/contract.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test('each is written at its interval, and only when there are new steps', async () => {
  const [log, events] = [[] as string[], [] as JobEvent[]];
  let step = 0;
  const chore = (name: string, everySeconds: number) => ({ everySeconds, write: async () => (log.push(`${name} ${step}`), ok(undefined)) });
  const preview = { ...chore('preview', 20), done: { type: 'preview-ready' } as const };
  const keeper = startKeeper([chore('checkpoint', 60), preview], () => step, (event) => events.push(event)); // prettier-ignore
  const pass = async (seconds: number, steps: number): Promise<void> => {
    step += steps;
    await vi.advanceTimersByTimeAsync(1000 * seconds);
  };
  await pass(19, 5);
  expect(log).toEqual([]);
  await pass(2, 0);
  await pass(20, 1);
  await pass(20, 0);
  await pass(20, 1);
  expect(log).toEqual(['preview 5', 'preview 6', 'checkpoint 6', 'preview 7']);
  expect(events).toEqual([{ type: 'preview-ready' }, { type: 'preview-ready' }, { type: 'preview-ready' }]);
  await keeper.end();
  await pass(600, 9);
  expect(log).toHaveLength(4);
});

test('the end waits for what is being written, and begins nothing more', async () => {
  let finish: (written: Result<void>) => void = () => undefined;
  let [begun, isOver] = [0, false];
  const slow = {
    everySeconds: 1,
    write: () => {
      begun++;
      return new Promise<Result<void>>((resolve) => (finish = resolve));
    },
  };
  const keeper = startKeeper([slow, slow], () => Date.now(), () => undefined); // prettier-ignore
  await vi.advanceTimersByTimeAsync(5000);
  const end = keeper.end().then(() => (isOver = true));
  await vi.advanceTimersByTimeAsync(5000);
  expect({ begun, isOver }).toEqual({ begun: 1, isOver: false });
  finish(ok(undefined));
  await end;
  expect(begun).toBe(1);
});

test('what cannot be written is said once, until it has worked again', async () => {
  const events: JobEvent[] = [];
  const full = fail('storage-full', 'The disk is full.');
  let result: Result<void> = full;
  startKeeper([{ everySeconds: 1, write: async () => result }], () => Date.now(), (event) => events.push(event)); // prettier-ignore
  await vi.advanceTimersByTimeAsync(5500);
  expect(events).toEqual([{ type: 'warning', failure: full.failure }]);
  result = ok(undefined);
  await vi.advanceTimersByTimeAsync(1000);
  result = full;
  await vi.advanceTimersByTimeAsync(1000);
  expect(events).toHaveLength(2);
});

test.each([
  ['--checkpoint-every 5', '--checkpoint-every needs --checkpoint.'],
  ['--preview-every 5', '--preview-every needs --preview.'],
  ['--checkpoint c --checkpoint-every 0', '--checkpoint-every wants a whole number from 1 to 86,400, not "0".'],
  ['--preview a.sog', '--preview wants a .ply or a .splat, not "a.sog".'],
])('train %s is a usage error', (flags, problem) => {
  expect(parseCommand(['train', 'fox', '-o', 'out', ...flags.split(' ')])).toMatchObject({ kind: 'usage', problems: [problem] });
});

test('cameras are found once for the same photos and options', async () => {
  vi.useRealTimers();
  const cache = mkdtempSync(join(tmpdir(), 'splat-kept-'));
  const photo = (text: string) => ({ path: 'a.jpg', sizeBytes: text.length, bytes: async () => new TextEncoder().encode(text) });
  const solved = { report: { photos: 1 }, reconstruction: { points: new Float32Array([1, 2, 3]) } } as unknown as Solved;
  let times = 0;
  const solve = async (): Promise<Result<Solved>> => (times++, ok(solved));
  const go = (text: string, seed = 0) => solveOnce(cache, [photo(text)], { seed }, solve);
  await go('one');
  expect(await go('one')).toEqual(ok(solved));
  expect(times).toBe(1);
  await go('two');
  await go('one', 1);
  expect(times).toBe(3);
  const failing = fail('too-few-photos', 'Two.');
  expect(await solveOnce(cache, [photo('three')], {}, async () => failing)).toEqual(failing);
  await go('three');
  expect(times).toBe(4);
  rmSync(cache, { recursive: true });
});

test('a file in parts is their bytes one after another', async () => {
  vi.useRealTimers();
  const folder = mkdtempSync(join(tmpdir(), 'splat-parts-'));
  const path = join(folder, 'checkpoint.bin');
  await writeWhole(path, [new Uint8Array([1, 2]), new Uint8Array(0), new Uint8Array([3])]);
  expect([...readFileSync(path)]).toEqual([1, 2, 3]);
  await writeWhole(path, 'text');
  expect(readFileSync(path, 'utf8')).toBe('text');
  expect(existsSync(`${path}.${process.pid}.part`)).toBe(false);
  rmSync(folder, { recursive: true });
});
