/** The line over which a page hears of its job. */
import { expect, test } from 'vitest';
import type { JobEvent } from '../../src/core/job/events.ts';
import { cancelJob } from '../../cloud/jobs/cancel.ts';
import { listen } from './listener.ts';
import { givenOwner } from './rows.ts';
import { type Scene, codeOf, givenScene } from './trainerApp.ts';

const stage: JobEvent = { type: 'stage-started', stage: 'train' };
const knock = ({ send, job, ownerId }: Scene, query = '', headers: Record<string, string> = {}): Promise<Response> =>
  send(`/api/live/${job.id}${query}`, { headers: { 'x-test-owner': ownerId, upgrade: 'websocket', ...headers } });

test('the owner hears what the trainer tells, from where it was, to the end', async () => {
  const scene = await givenScene();
  await scene.trainer.call('POST', 'events', { events: [1, 2].map((seq) => ({ seq, t: 0, event: stage })) });
  const listener = listen(await knock(scene, '?since=1', { origin: 'https://splat.test' }));
  await listener.until(1);
  await scene.trainer.call('POST', 'events', { events: [{ seq: 3, t: 0, event: { type: 'preview-ready' } }] });
  await listener.until(2);
  await cancelJob(scene.cloud, await scene.now());
  expect(await listener.closed).toBe(1000);
  expect(listener.events.map(({ seq, event }) => [seq, event.type])).toEqual([
    [2, 'stage-started'],
    [3, 'preview-ready'],
    [4, 'failed'],
  ]);
});

test('strangers, others and pages of other sites are refused', async () => {
  const scene = await givenScene();
  const { send, job, cloud } = scene;
  expect(await codeOf(await send(`/api/live/${job.id}`, { headers: { upgrade: 'websocket' } }))).toBe('401 no-owner');
  expect(await codeOf(await knock(scene, '', { 'x-test-owner': await givenOwner(cloud) }))).toBe('404 not-found');
  for (const origin of ['https://evil.test', 'https://splat.test.evil.test', 'https://splat.test:444', 'null'])
    expect(await codeOf(await knock(scene, '', { origin }))).toBe('403 other-site');
  expect(await codeOf(await knock(scene, '?since=x'))).toBe('400 bad-since');
  expect(await codeOf(await send(`/api/live/${job.id}`, { headers: { 'x-test-owner': scene.ownerId } }))).toBe('426 websocket-only');
});
