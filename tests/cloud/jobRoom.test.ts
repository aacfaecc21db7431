/** The room of a job: numbers, memory, sockets that outlive its sleep, and the alarm. */
import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { expect, test } from 'vitest';
import type { JobEvent, Stage } from '../../src/core/job/events.ts';
import { newId } from '../../cloud/policy/tokens.ts';
import { type JobRoom, type NumberedEvent, keptEvents, maxSockets } from '../../cloud/store/jobRoom.ts';
import { roomOf } from '../../cloud/store/rooms.ts';
import { type Listener, listen } from './listener.ts';
import { givenJob } from './rows.ts';
import { testCloud } from './testCloud.ts';

const stage = (name: Stage): JobEvent => ({ type: 'stage-started', stage: name });
const step = (done: number, of: Stage = 'train'): JobEvent => ({
  type: 'progress',
  stage: of,
  done,
  total: 9,
  unit: 'steps',
  secondsLeft: null,
});

const newRoom = (): DurableObjectStub<JobRoom> => roomOf({ env }, newId('job'));
const join = async (room: DurableObjectStub<JobRoom>, since = 0): Promise<Listener> =>
  listen(await room.fetch(`https://room/?since=${since}`, { headers: { upgrade: 'websocket' } }));
const seqs = (events: NumberedEvent[]): number[] => events.map(({ seq }) => seq);

test('events are numbered in order, and each is told to who has not seen it', async () => {
  const room = newRoom();
  expect(await room.since(0)).toEqual({ lastSeq: 0, previewSeq: null, isOver: false, events: [] });
  expect((await room.publish([stage('read'), stage('features')])).lastSeq).toBe(2);
  expect((await room.publish([stage('pairs')])).lastSeq).toBe(3);
  expect((await room.since(1)).events).toEqual([
    { seq: 2, event: stage('features') },
    { seq: 3, event: stage('pairs') },
  ]);
  expect((await room.since(3)).events).toEqual([]);
});

test('progress takes the place of progress of its stage, under a new number', async () => {
  const room = newRoom();
  await room.publish([stage('train'), step(1), step(2)]);
  await room.publish([step(3)]);
  expect((await room.since(0)).events).toEqual([
    { seq: 1, event: stage('train') },
    { seq: 4, event: step(3) },
  ]);
  await room.publish([step(1, 'save'), step(2, 'save'), { type: 'preview-ready' }, step(3, 'save')]);
  expect((await room.since(4)).events).toEqual([
    { seq: 6, event: step(2, 'save') },
    { seq: 7, event: { type: 'preview-ready' } },
    { seq: 8, event: step(3, 'save') },
  ]);
  expect(await room.state()).toEqual({ lastSeq: 8, previewSeq: 7, isOver: false });
});

test('the latest are kept, and numbers go on', async () => {
  const room = newRoom();
  const many = Array.from({ length: keptEvents + 20 }, (_, i): JobEvent => stage(i % 2 === 0 ? 'read' : 'train'));
  await room.publish(many);
  const { events, lastSeq } = await room.since(0);
  expect([events.length, events[0]?.seq, lastSeq]).toEqual([keptEvents, 21, keptEvents + 20]);
});

test('after the last event nothing is taken', async () => {
  const room = newRoom();
  await room.publish([stage('save'), { type: 'finished' }]);
  await room.publish([{ type: 'finished' }, stage('read')]);
  expect((await room.since(0)).events.map(({ event }) => event)).toEqual([stage('save'), { type: 'finished' }]);
  expect((await room.state()).isOver).toBe(true);
});

test('who listens gets what was missed and then each event at once; the end closes the line', async () => {
  const room = newRoom();
  await room.publish([stage('read'), stage('features')]);
  const [one, two] = [await join(room), await join(room, 1)];
  await room.publish([stage('train')]);
  await one.until(3);
  await two.until(2);
  expect([seqs(one.events), seqs(two.events)]).toEqual([
    [1, 2, 3],
    [2, 3],
  ]);
  await room.publish([{ type: 'failed', failure: { code: 'cancelled', detail: 'The job was cancelled.' } }]);
  expect([await one.closed, await two.closed]).toEqual([1000, 1000]);
  expect([one.events.at(-1)?.seq, two.events.at(-1)?.seq]).toEqual([4, 4]);
  // Who comes after the end hears all of it and is sent home.
  const late = await join(room, 2);
  expect(await late.closed).toBe(1000);
  expect(seqs(late.events)).toEqual([3, 4]);
});

test('sockets and events outlive the sleep of the room', async () => {
  const room = newRoom();
  const listener = await join(room);
  await room.publish([stage('read')]);
  await listener.until(1);
  await evictDurableObject(room);
  await room.publish([stage('features')]);
  await listener.until(2);
  expect(listener.events).toEqual([
    { seq: 1, event: stage('read') },
    { seq: 2, event: stage('features') },
  ]);
  // The line is lost; the room sleeps, hears more, and the listener comes back where it was.
  listener.socket.close();
  await evictDurableObject(room);
  await room.publish([stage('pairs'), stage('cameras')]);
  const again = await join(room, 2);
  await again.until(2);
  expect(seqs(again.events)).toEqual([3, 4]);
});

test('ping is answered, also while the room sleeps; anything else is not for listeners', async () => {
  const room = newRoom();
  const listener = await join(room);
  await evictDurableObject(room);
  listener.socket.send('ping');
  await listener.untilText('pong');
  listener.socket.send('{"cancel":true}');
  expect(await listener.closed).toBe(1008);
});

test('a room has so many places and no more', async () => {
  const room = newRoom();
  const first = await join(room);
  for (let i = 1; i < maxSockets; i++) await join(room);
  const refused = await room.fetch('https://room/?since=0', { headers: { upgrade: 'websocket' } });
  expect(refused.status).toBe(429);
  first.socket.close();
  await expect.poll(async () => (await room.fetch('https://room/', { headers: { upgrade: 'websocket' } })).status).toBe(101);
});

const alarmOf = (room: DurableObjectStub<JobRoom>): Promise<number | null> =>
  runInDurableObject(room, (_, { storage }) => storage.getAlarm());

test('the earliest moment that was arranged counts', async () => {
  const room = newRoom();
  const soon = Date.now() + 600_000;
  await room.watch(soon + 1000);
  await room.watch(soon);
  await room.watch(soon + 2000);
  expect(await alarmOf(room)).toBe(soon);
});

test('the alarm looks after an open job and is set again; not for one that is over or gone', async () => {
  const cloud = await testCloud();
  const times = { createdAt: Date.now(), updatedAt: Date.now(), deadlineAt: Date.now() + 3_600_000 };
  const held = { state: 'claimed', provider: 'local', holder: 'h', leaseUntil: Date.now() + 60_000, startedAt: Date.now() } as const;
  const { id: open } = await givenJob(cloud, { ...times, ...held });
  const { id: over } = await givenJob(cloud, { ...times, state: 'failed' });

  const room = roomOf(cloud, open);
  await room.watch(Date.now() + 600_000);
  await evictDurableObject(room);
  expect(await runDurableObjectAlarm(room)).toBe(true);
  const next = (await alarmOf(room)) ?? 0;
  expect(next).toBeGreaterThan(Date.now());
  expect(next).toBeLessThanOrEqual(Date.now() + 30_000);

  for (const id of [over, newId('job')]) {
    await roomOf(cloud, id).watch(Date.now() + 600_000);
    expect(await runDurableObjectAlarm(roomOf(cloud, id))).toBe(true);
    expect(await alarmOf(roomOf(cloud, id))).toBeNull();
  }
  // What follows an end was done: the room knows of it.
  expect((await roomOf(cloud, over).state()).isOver).toBe(true);
});

test('trouble in the alarm does not end the watch', async () => {
  const room = newRoom();
  await room.watch(Date.now() + 600_000);
  await runInDurableObject(room, async (instance) => {
    const broken = {
      prepare: () => {
        throw new Error('D1 is away.');
      },
      batch: () => Promise.reject(new Error('D1 is away.')),
    };
    Object.assign(instance, { env: { ...env, DB: broken } });
  });
  expect(await runDurableObjectAlarm(room)).toBe(true);
  expect(await alarmOf(room)).toBeGreaterThan(Date.now());
});

test('a closed room has forgotten all, lets everybody go, and can be opened again', async () => {
  const room = newRoom();
  await room.publish([stage('read')]);
  await room.watch(Date.now() + 600_000);
  const listener = await join(room);
  await room.close();
  expect(await listener.closed).toBe(1000);
  expect(await alarmOf(room)).toBeNull();
  const tables = await runInDurableObject(room, (_, { storage }) =>
    storage.sql.exec("SELECT name FROM sqlite_master WHERE name = 'events'").toArray(),
  );
  expect(tables).toEqual([]);
  expect((await room.publish([stage('train')])).lastSeq).toBe(1);
});
