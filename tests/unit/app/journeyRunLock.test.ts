/** The run lock: one has it, it is free once release() has resolved, and who waits is served in order. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { runLockName, takeRunLock, waitForRunLock } from '../../../src/app/services/runLock.ts';
import { FakeLocks } from './fakeLocks.ts';

let locks: FakeLocks;
beforeEach(() => {
  locks = new FakeLocks();
  vi.stubGlobal('navigator', { locks });
});
afterEach(() => vi.unstubAllGlobals());

test('the first has it, the second is told at once that it is taken', async () => {
  const lock = await takeRunLock();
  expect(lock).not.toBeNull();
  expect(await takeRunLock()).toBeNull();
  expect(locks.names).toEqual([runLockName, runLockName]);
});

test('after release() has resolved it is there for the next', async () => {
  await (await takeRunLock())?.release();
  expect(await takeRunLock()).not.toBeNull();
});

test('giving it back twice harms nobody who has it since', async () => {
  const lock = await takeRunLock();
  await lock?.release();
  expect(await takeRunLock()).not.toBeNull();
  await lock?.release();
  expect(await takeRunLock()).toBeNull();
});

test('who waits gets it when it is given back, one after another', async () => {
  const lock = await takeRunLock();
  const got: string[] = [];
  const a = waitForRunLock(new AbortController().signal).then((it) => (got.push('a'), it));
  const b = waitForRunLock(new AbortController().signal).then((it) => (got.push('b'), it));
  await new Promise((resolve) => setTimeout(resolve, 5));
  expect(got).toEqual([]);
  await lock?.release();
  await (await a).release();
  await b;
  expect(got).toEqual(['a', 'b']);
});

test('who gives up waiting leaves it to the others', async () => {
  const lock = await takeRunLock();
  const giveUp = new AbortController();
  const waiting = waitForRunLock(giveUp.signal);
  giveUp.abort(new Error('enough'));
  await expect(waiting).rejects.toThrow('enough');
  await lock?.release();
  expect(await takeRunLock()).not.toBeNull();
});

test('a manager that refuses is an error, not a lock', async () => {
  vi.stubGlobal('navigator', { locks: { request: () => Promise.reject(new DOMException('no', 'SecurityError')) } });
  await expect(takeRunLock()).rejects.toThrow('no');
});

test('a browser without locks keeps nobody out', async () => {
  vi.stubGlobal('navigator', {});
  const [first, second] = [await takeRunLock(), await waitForRunLock(new AbortController().signal)];
  expect(first).not.toBeNull();
  await Promise.all([first?.release(), second.release()]);
});
