/** Orders in the outbox and the projects in the cloud that they were about: which belong together, and which are forgotten with them. */
import { expect, test } from 'vitest';
import { forgetOrders, projectOf } from '../../../src/app/journey/cloudOrders.ts';
import { type OutboxEntry, newEntry } from '../../../src/app/services/cloud/outboxEntry.ts';
import type { Project } from '../../../src/core/project/project.ts';

const order = { projectId: '', projectName: 'Chair', preset: 'full', paths: ['a.jpg'], compress: false } as const;

function entry(
  id: string,
  projectId: string,
  state: OutboxEntry['state'],
  cloudProjectId: string | null,
  uploadId: string | null = 'u',
): OutboxEntry {
  const made = newEntry(id, { ...order, paths: [...order.paths], projectId }, 0);
  return { ...made, state, data: { ...made.data, cloudProjectId, uploadId } };
}

const given = [
  entry('old', 'here-1', 'done', 'prj_a'),
  entry('new', 'here-2', 'done', 'prj_a'),
  entry('running', 'here-3', 'running', 'prj_b'),
  entry('unsent', 'here-4', 'waiting', null, null),
];
const outbox = () => {
  const removed: string[] = [];
  return { removed, entries: async () => [...given], remove: async (id: string) => void removed.push(id) };
};
const storeWith = (...ids: string[]) => ({ get: async (id: string) => (ids.includes(id) ? ({ id } as Project) : null) });

test('a project in the cloud is the newest on this device whose model came from there, and is still here', async () => {
  expect(await projectOf(outbox(), storeWith('here-1', 'here-2'), 'prj_a')).toBe('here-2');
  expect(await projectOf(outbox(), storeWith('here-1'), 'prj_a')).toBe('here-1');
  expect(await projectOf(outbox(), storeWith(), 'prj_a')).toBeNull();
});

test('one that is still under way is not here yet', async () => {
  expect(await projectOf(outbox(), storeWith('here-3'), 'prj_b')).toBeNull();
});

test('with a project in the cloud go its orders, and no others', async () => {
  const orders = outbox();
  await forgetOrders(orders, 'prj_a');
  expect(orders.removed).toEqual(['old', 'new']);
});

test('with everything in the cloud go all orders that have sent something', async () => {
  const orders = outbox();
  await forgetOrders(orders, null);
  expect(orders.removed).toEqual(['old', 'new', 'running']);
});
