/** Who may run: one at a time over all tabs, and a run that is over has let go of its worker and of the lock. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Journey } from '../../../src/app/journey/journey.svelte.ts';
import { type Runs, createRuns } from '../../../src/app/journey/runs.svelte.ts';
import { defaultProjectOptions } from '../../../src/core/project/project.ts';
import type { TrainCommand, TrainMessage } from '../../../workers/protocol.ts';
import { FakeLocks } from './fakeLocks.ts';

class FakeWorker {
  static all: FakeWorker[] = [];
  onmessage: ((event: { data: TrainMessage }) => void) | null = null;
  sent: TrainCommand['type'][] = [];
  constructor() {
    FakeWorker.all.push(this);
  }
  postMessage({ type }: TrainCommand): void {
    this.sent.push(type);
  }
  terminate(): void {
    this.sent.push('dispose');
  }
  say(data: TrainMessage): void {
    this.onmessage?.({ data });
  }
}

let locks: FakeLocks;
let ids: Set<string>;
let tell: () => void;
const open: Runs[] = [];

/** Runs of one tab; the tabs share locks and projects. */
function tab(): Runs {
  const store = {
    keeps: true,
    get: async (id: string) => (ids.has(id) ? { id, source: 'photos', options: defaultProjectOptions } : null),
    subscribe: (listener: () => void) => ((tell = listener), () => undefined),
  };
  const runs = createRuns({ store, change: async () => undefined } as unknown as Journey);
  open.push(runs);
  return runs;
}

const aWhile = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 10));
const worker = (): FakeWorker => FakeWorker.all[FakeWorker.all.length - 1];

beforeEach(() => {
  [locks, ids, FakeWorker.all] = [new FakeLocks(), new Set(['a', 'b']), []];
  vi.stubGlobal('navigator', { locks });
  vi.stubGlobal('Worker', FakeWorker);
});
afterEach(() => {
  for (const runs of open.splice(0)) runs.dispose();
  vi.unstubAllGlobals();
});

test('a run that is begun anew is not kept out by its own lock', async () => {
  const runs = tab();
  await runs.start('a');
  const first = worker();
  await runs.start('a');
  expect(runs.blocked).toBeNull();
  expect(runs.of('a')).not.toBeNull();
  expect(first.sent).toContain('dispose');
  expect(worker()).not.toBe(first);
});

test('another project of this tab waits for the one under way', async () => {
  const runs = tab();
  await runs.start('a');
  await runs.start('b');
  expect(runs.blocked).toEqual({ by: 'thisTab', waits: false });
  expect(runs.of('a')).not.toBeNull();
});

test('another tab is kept out, waits when asked to, and starts when the first ends', async () => {
  const [first, second] = [tab(), tab()];
  await first.start('a');
  await second.start('b');
  expect(second.blocked).toEqual({ by: 'otherTab', waits: false });
  const waiting = second.start('b', { wait: true });
  await aWhile();
  expect(second.blocked).toEqual({ by: 'otherTab', waits: true });
  worker().say({ type: 'state', state: 'finished', step: 9, totalSteps: 9 });
  await waiting;
  expect(second.of('b')).not.toBeNull();
  expect(second.blocked).toBeNull();
});

test('who waits no longer leaves the lock to others', async () => {
  const [first, second] = [tab(), tab()];
  await first.start('a');
  const waiting = second.start('b', { wait: true });
  await aWhile();
  second.giveUp();
  await waiting;
  first.end('a');
  await aWhile();
  expect([second.live, second.blocked, locks.held]).toEqual([null, null, false]);
});

test('a worker that breaks is ended and the lock is free', async () => {
  const runs = tab();
  await runs.start('a');
  worker().say({ type: 'crashed', detail: 'a bug' });
  await aWhile();
  expect(worker().sent).toContain('dispose');
  expect(locks.held).toBe(false);
  expect(runs.of('a')?.job.trouble).toEqual({ bug: 'a bug' });
});

test('a project that is deleted takes its run with it, another does not', async () => {
  const runs = tab();
  await runs.start('a');
  ids.delete('b');
  tell();
  await aWhile();
  expect(runs.of('a')).not.toBeNull();
  ids.delete('a');
  tell();
  await aWhile();
  expect([runs.live, locks.held]).toEqual([null, false]);
  expect(worker().sent).toContain('dispose');
});

test('a project that there is not has no run and holds no lock', async () => {
  const runs = tab();
  await runs.start('gone');
  await aWhile();
  expect([runs.live, locks.held]).toEqual([null, false]);
});
