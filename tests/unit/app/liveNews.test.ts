/** The live connection: a hint when something is said, one at a time, and back again when the line was lost. */
import { beforeEach, expect, test, vi } from 'vitest';
import { createLiveNews } from '../../../src/app/services/cloud/liveNews.ts';

class FakeSocket {
  static all: FakeSocket[] = [];
  onmessage: (() => void) | null = null;
  onclose: (() => void) | null = null;
  isClosed = false;
  readonly url: string;
  constructor(url: string) {
    this.url = url;
    FakeSocket.all.push(this);
  }
  close(): void {
    this.isClosed = true;
    this.onclose?.();
  }
}

const connect = (url: string): WebSocket => new FakeSocket(url) as unknown as WebSocket;
const newest = (): FakeSocket => FakeSocket.all[FakeSocket.all.length - 1];

beforeEach(() => {
  vi.useFakeTimers();
  FakeSocket.all = [];
  return () => vi.useRealTimers();
});

function given() {
  const onnews = vi.fn();
  return { onnews, live: createLiveNews({ origin: 'https://splat.example', onnews, connect }) };
}

test('many messages at once are one hint', async () => {
  const { live, onnews } = given();
  live.follow('job_1');
  expect(newest().url).toBe('wss://splat.example/api/live/job_1');
  for (let i = 0; i < 5; i++) newest().onmessage?.();
  expect(onnews).not.toHaveBeenCalled();
  await vi.advanceTimersByTimeAsync(700);
  expect(onnews).toHaveBeenCalledTimes(1);
  newest().onmessage?.();
  await vi.advanceTimersByTimeAsync(700);
  expect(onnews).toHaveBeenCalledTimes(2);
});

test('a lost line is tried again, less and less often, and at once after it worked', async () => {
  const { live } = given();
  live.follow('job_1');
  newest().onclose?.();
  await vi.advanceTimersByTimeAsync(1_999);
  expect(FakeSocket.all).toHaveLength(1);
  await vi.advanceTimersByTimeAsync(1);
  expect(FakeSocket.all).toHaveLength(2);
  newest().onclose?.();
  await vi.advanceTimersByTimeAsync(3_999);
  expect(FakeSocket.all).toHaveLength(2);
  await vi.advanceTimersByTimeAsync(1);
  expect(FakeSocket.all).toHaveLength(3);
  newest().onmessage?.();
  newest().onclose?.();
  await vi.advanceTimersByTimeAsync(2_000);
  expect(FakeSocket.all).toHaveLength(4);
});

test('following another job or none closes the line and asks no more', async () => {
  const { live, onnews } = given();
  live.follow('job_1');
  const first = newest();
  live.follow('job_1');
  expect(FakeSocket.all).toHaveLength(1);
  first.onmessage?.();
  live.follow('job_2');
  expect(first.isClosed).toBe(true);
  expect(newest().url).toBe('wss://splat.example/api/live/job_2');
  live.follow(null);
  expect(newest().isClosed).toBe(true);
  await vi.advanceTimersByTimeAsync(120_000);
  expect(FakeSocket.all).toHaveLength(2);
  expect(onnews).not.toHaveBeenCalled();
});
