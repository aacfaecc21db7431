/** The outbox's state machine under random event orders, and the wait between tries. */
import { expect, test } from 'vitest';
import { backoffMs, longestWaitMs } from '../../src/app/services/cloud/backoff.ts';
import { type OutboxEntry, type OutboxPhoto, isFinal, newEntry } from '../../src/app/services/cloud/outboxEntry.ts';
import { type OutboxEvent, afterEvent, mostRounds } from '../../src/app/services/cloud/outboxMachine.ts';
import type { JobStatus, UploadSession } from '../../src/core/job/cloudApi.ts';
import type { Failure } from '../../src/core/job/failure.ts';

const order = { projectId: 'p', projectName: 'Chair', preset: 'full', paths: ['a.jpg'], compress: false } as const;
const failure: Failure = { code: 'cloud-unreachable', detail: 'Nobody is there.' };
const ids = ['a', 'b', 'c'].map((letter) => letter.repeat(64));
const photos: OutboxPhoto[] = ids.map((id) => ({ path: id[0], id, bytes: 5, type: 'image/jpeg', sent: false }));
const fresh = (): OutboxEntry => newEntry('e', { ...order, paths: [...order.paths] }, 0);
const sessionWith = (have: string[], uploadId = 'u'): UploadSession => ({
  uploadId,
  expiresAt: 1e9,
  parts: ids.map((photoId) => ({ photoId, url: `/x/${photoId}`, have: have.includes(photoId) })),
});
const status = (state: JobStatus['state'], model: JobStatus['model'] = null): JobStatus => ({
  state,
  model,
  stage: null,
  progress: null,
  failure: null,
  events: [],
});
const after = (events: OutboxEvent[], from = fresh(), nowMs = 0): OutboxEntry =>
  events.reduce((entry, event) => afterEvent(entry, event, nowMs), from);

/** mulberry32 */
function randomFrom(seed: number): () => number {
  let a = seed;
  return () => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

function randomEvent(random: () => number): OutboxEvent {
  const pick = <T>(all: readonly T[]): T => all[Math.floor(random() * all.length)];
  const some = ids.filter(() => random() < 0.4);
  return pick<OutboxEvent>([
    { type: 'begin' },
    { type: 'registered', session: sessionWith(some, `u${random()}`), photos },
    { type: 'resumed', session: sessionWith(some) },
    { type: 'photo-sent', photoId: pick(ids) },
    { type: 'photo-sent', photoId: pick(ids) },
    { type: 'missing', photoIds: some },
    { type: 'started', jobId: 'j' },
    { type: 'status', status: status(pick(['queued', 'running', 'running', 'completed', 'failed', 'cancelled'])), pollMs: 5 },
    { type: 'status', status: status('completed', { id: 'm', format: 'ply', bytes: 3 }), pollMs: 5 },
    { type: 'downloaded' },
    { type: 'upload-lost' },
    { type: 'trouble', failure, retryAfterMs: pick([null, 1000]), random: random() },
    { type: 'refused', failure },
    { type: 'cancel' },
    { type: 'deleted' },
    { type: 'wake' },
  ]);
}

/** Which state may follow which, as the documentation draws it. */
const follows: Record<string, string[]> = {
  waiting: ['registering'],
  registering: ['uploading', 'starting'],
  uploading: ['starting', 'registering'],
  starting: ['uploading', 'registering', 'running'],
  running: ['downloading'],
  downloading: ['done'],
};

test('random events never leave a final state, never take a way that is not drawn, and never change what they were given', () => {
  const seen = new Set<string>();
  for (let seed = 0; seed < 1000; seed++) {
    const random = randomFrom(seed);
    let entry = fresh();
    for (let n = 0; n < 40; n++) {
      const before = JSON.stringify(entry);
      const event = randomEvent(random);
      const next = afterEvent(entry, event, n);
      const allowed = isFinal(entry) ? [entry.state] : [entry.state, 'failed', 'cancelled', ...follows[entry.state]];
      const unsent = next.data.photos.filter(({ sent }) => !sent).length;
      const wrong =
        JSON.stringify(entry) !== before ||
        !allowed.includes(next.state) ||
        (next.state === 'starting' && unsent > 0) ||
        (next.state === 'uploading' && unsent === 0) ||
        (next.state === 'running' && next.data.jobId === null) ||
        next.data.round >= mostRounds;
      if (wrong) expect.fail(`seed ${seed}: ${entry.state} -> ${next.state} by ${JSON.stringify(event)}`);
      seen.add(next.state);
      entry = next;
    }
  }
  expect([...seen].sort()).toEqual(
    ['cancelled', 'done', 'downloading', 'failed', 'registering', 'running', 'starting', 'uploading', 'waiting'].sort(),
  );
});

test('a photo once sent is unsent only by the word of the server', () => {
  for (let seed = 0; seed < 1000; seed++) {
    const random = randomFrom(seed);
    let entry = after([{ type: 'begin' }, { type: 'registered', session: sessionWith([]), photos }]);
    for (let n = 0; n < 30 && !isFinal(entry); n++) {
      const event = randomEvent(random);
      const next = afterEvent(entry, event, n);
      const lost = entry.data.photos.filter(({ id, sent }) => sent && !next.data.photos.some((photo) => photo.id === id && photo.sent));
      if (lost.length > 0) expect(['missing', 'resumed', 'upload-lost']).toContain(event.type);
      entry = next;
    }
  }
});

test('photos that the server has already are not asked for', () => {
  const entry = after([{ type: 'begin' }, { type: 'registered', session: sessionWith([ids[0], ids[2]]), photos }]);
  expect(entry.state).toBe('uploading');
  expect(entry.data.photos.filter(({ sent }) => !sent).map(({ id }) => id)).toEqual([ids[1]]);
  expect(after([{ type: 'begin' }, { type: 'registered', session: sessionWith(ids), photos }]).state).toBe('starting');
});

test('a job that began while the order was being cancelled is remembered, so that it can be deleted', () => {
  const begun: OutboxEvent[] = [{ type: 'begin' }, { type: 'registered', session: sessionWith(ids), photos }, { type: 'cancel' }];
  const entry = after([...begun, { type: 'started', jobId: 'j' }]);
  expect(entry).toMatchObject({ state: 'cancelled', data: { jobId: 'j', owesDelete: true } });
  expect(after([{ type: 'deleted' }], entry)).toMatchObject({ state: 'cancelled', data: { owesDelete: false } });
  expect(after([{ type: 'cancel' }]).data.owesDelete).toBe(false);
});

test('a wake-up ends a wait of ours, not one that the server asked for', () => {
  const ours = after([{ type: 'trouble', failure, retryAfterMs: null, random: 1 }]);
  const theirs = after([{ type: 'trouble', failure, retryAfterMs: 60_000, random: 0 }]);
  expect(after([{ type: 'wake' }], ours, 10).nextTryMs).toBe(10);
  expect(after([{ type: 'wake' }], theirs, 10).nextTryMs).toBe(60_000);
});

test('waits double up to five minutes, are spread evenly below that, and are never shorter than the server asked', () => {
  expect([1, 2, 3, 8, 9, 50].map((attempt) => backoffMs(attempt, 1, null))).toEqual([2e3, 4e3, 8e3, 256e3, longestWaitMs, longestWaitMs]);
  expect(backoffMs(4, 0.5, null)).toBe(8000);
  expect(backoffMs(4, 0, null)).toBe(0);
  expect(backoffMs(1, 0, 600_000)).toBe(600_000);
  expect(backoffMs(1, 0.5, 600_000)).toBe(601_000);
});
