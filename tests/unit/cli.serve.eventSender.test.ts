/** Event sender: order, numbers, pace, signs of life and ends, on a clock that the test moves. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Answer } from '../../src/cli/serve/answer.ts';
import { type EventSender, startEventSender } from '../../src/cli/serve/eventSender.ts';
import type { JobEvent } from '../../src/core/job/events.ts';
import type { EventsAnswer, TrainerEvent } from '../../src/core/job/trainerApi.ts';

const hourMs = 3_600_000;

beforeEach(() => void vi.useFakeTimers({ now: 1_000_000 }));
afterEach(() => void vi.useRealTimers());

const step = (done: number): JobEvent => ({ type: 'progress', stage: 'train', done, total: 100, unit: 'steps', secondsLeft: null });
const warning: JobEvent = { type: 'warning', failure: { code: 'partial', detail: 'One photo was left out.' } };
const stage: JobEvent = { type: 'stage-started', stage: 'train' };

interface Desk {
  sender: EventSender;
  sent: { atMs: number; events: TrainerEvent[] }[];
  log: string[];
  /** Answers the oldest request that has none. */
  answer(given?: Partial<EventsAnswer> | Answer<EventsAnswer>): Promise<void>;
  /** Answers at once from now on. */
  auto(): void;
}

function desk(lastSeq = 0, leaseMs = hourMs): Desk {
  const sent: Desk['sent'] = [];
  const log: string[] = [];
  const open: ((answer: Answer<EventsAnswer>) => void)[] = [];
  const startMs = Date.now();
  let isAuto = false;
  const good = (more: Partial<EventsAnswer> = {}): Answer<EventsAnswer> => ({
    ok: true,
    value: { cancel: false, leaseUntil: Date.now() + leaseMs, lastSeq: 0, ...more },
  });
  const sender = startEventSender(
    {
      send: (events) => {
        sent.push({ atMs: Date.now() - startMs, events });
        return isAuto ? Promise.resolve(good()) : new Promise((resolve) => open.push(resolve));
      },
      onCancel: () => void log.push('cancel'),
      onLost: (detail) => void log.push(`lost: ${detail}`),
      note: (line) => void log.push(line),
    },
    { lastSeq, leaseUntil: Date.now() + leaseMs },
  );
  return {
    sender,
    sent,
    log,
    async answer(given = {}) {
      open.shift()!('ok' in given ? given : good(given));
      await vi.advanceTimersByTimeAsync(0);
    },
    auto: () => void (isAuto = true),
  };
}

const shape = ({ events }: Desk['sent'][number]) =>
  events.map(({ seq, event }) => [seq, event.type === 'progress' ? event.done : event.type]);

test('events go together, at most one request a second, numbered on from what the server has', async () => {
  const { sender, sent, auto } = desk(41);
  auto();
  for (const event of [stage, warning, step(1)]) sender.push(event);
  await vi.advanceTimersByTimeAsync(999);
  expect(sent).toEqual([]);
  await vi.advanceTimersByTimeAsync(1);
  sender.push(stage);
  sender.push(warning);
  await vi.advanceTimersByTimeAsync(5000);
  expect(sent.map(shape)).toEqual([
    [
      [42, 'stage-started'],
      [43, 'warning'],
      [44, 1],
    ],
    [
      [45, 'stage-started'],
      [46, 'warning'],
    ],
  ]);
  expect(sent.map(({ atMs }) => atMs)).toEqual([1000, 2000]);
  expect(sent[0].events[0].t).toBe(1_000_000);
});

test('while nobody answers there is one request, and of progress the newest of a row is kept', async () => {
  const { sender, sent, answer } = desk();
  sender.push(step(1));
  await vi.advanceTimersByTimeAsync(1000);
  for (let done = 2; done < 10_000; done++) sender.push(step(done));
  sender.push(warning);
  for (let done = 10_000; done < 20_000; done++) sender.push(step(done));
  await vi.advanceTimersByTimeAsync(hourMs);
  expect(sent.map(shape)).toEqual([[[1, 1]]]);
  await answer();
  expect(sent.map(shape).slice(1)).toEqual([
    [
      [2, 9999],
      [3, 'warning'],
      [4, 19_999],
    ],
  ]);
});

test('without events there is a sign of life every 15 seconds, and sooner for a short lease', async () => {
  const long = desk();
  long.auto();
  await vi.advanceTimersByTimeAsync(46_000);
  expect(long.sent.map(({ atMs, events }) => [atMs, events.length])).toEqual([
    [15_000, 0],
    [30_000, 0],
    [45_000, 0],
  ]);
  long.sender.end();
  const short = desk(0, 9000);
  short.auto();
  await vi.advanceTimersByTimeAsync(7000);
  expect(short.sent.map(({ atMs }) => atMs)).toEqual([3000, 6000]);
});

test('many events go in batches that the protocol takes', async () => {
  const { sender, sent, auto } = desk();
  auto();
  for (let i = 0; i < 450; i++) sender.push(warning);
  await vi.advanceTimersByTimeAsync(10_000);
  expect(sent.map(({ events }) => [events.length, events.at(-1)?.seq])).toEqual([
    [200, 200],
    [200, 400],
    [50, 450],
  ]);
});

test('a cancelled job is told once, and nothing is sent after it', async () => {
  const { sender, sent, log, answer } = desk();
  sender.push(stage);
  await vi.advanceTimersByTimeAsync(1000);
  sender.push(warning);
  await answer({ cancel: true });
  sender.push(warning);
  await vi.advanceTimersByTimeAsync(hourMs);
  expect(log).toEqual(['cancel']);
  expect(sent).toHaveLength(1);
});

test.each([
  [{ ok: false, no: 'lost', status: 409, detail: 'Somebody else holds it.' }, ['lost: Somebody else holds it.']],
  [{ ok: false, no: 'again', detail: 'Nobody answered for too long.', wishMs: null }, ['lost: Nobody answered for too long.']],
  [{ ok: false, no: 'stopped' }, []],
] satisfies [Answer<EventsAnswer>, string[]][])('after %j nothing is sent any more', async (no, log) => {
  const given = desk();
  given.sender.push(stage);
  await vi.advanceTimersByTimeAsync(1000);
  await given.answer(no);
  given.sender.push(warning);
  await vi.advanceTimersByTimeAsync(hourMs);
  expect(given.log).toEqual(log);
  expect(given.sent).toHaveLength(1);
});

test('events that the server refuses are left out, and their numbers go to the next', async () => {
  const { sender, sent, log, answer } = desk();
  sender.push(warning);
  await vi.advanceTimersByTimeAsync(1000);
  await answer({ ok: false, no: 'refused', status: 400, detail: 'What is this?', body: '' });
  sender.push(stage);
  await vi.advanceTimersByTimeAsync(1000);
  expect(sent.map(shape)).toEqual([[[1, 'warning']], [[1, 'stage-started']]]);
  expect(log).toEqual(['The cloud did not take 1 events: What is this?']);
});

test('a pause sends what is waiting and is silent until it is over', async () => {
  const { sender, sent, auto } = desk();
  auto();
  sender.push(stage);
  const paused = sender.pause();
  await vi.advanceTimersByTimeAsync(0);
  await paused;
  expect(sent.map(shape)).toEqual([[[1, 'stage-started']]]);
  await vi.advanceTimersByTimeAsync(hourMs);
  expect(sent).toHaveLength(1);
  sender.resume();
  await vi.advanceTimersByTimeAsync(0);
  expect(sent).toHaveLength(2);
});
