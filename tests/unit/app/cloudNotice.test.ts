import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { followNotices } from '../../../src/app/journey/cloudNotice.ts';
import type { OutboxEntry } from '../../../src/app/services/cloud/outboxEntry.ts';

const entryIn = (state: OutboxEntry['state']): OutboxEntry =>
  ({ id: 'entry', projectId: 'garden', state, data: { jobId: 'job_1' } }) as Partial<OutboxEntry> as OutboxEntry;

let entries: OutboxEntry[];
let changed: () => void;
let listeners: number;
/** Everywhere the person was taken. */
let taken: unknown[];
let inProject: string | null;

const outbox = {
  entries: () => Promise.resolve(entries),
  subscribe(listener: () => void) {
    listeners++;
    changed = listener;
    return () => void listeners--;
  },
};
const way = {
  goTo(projectId: string, room?: 'view') {
    taken.push(room === undefined ? projectId : `${projectId}/${room}`);
    inProject = projectId;
  },
  isIn: (projectId: string) => projectId === inProject,
};

/** Opens the page at an address as a push service's click does. */
function open(search: string): void {
  vi.stubGlobal('location', { href: `https://splat.test/${search}#/`, pathname: '/', hash: '#/' });
  followNotices(outbox, way);
}

beforeEach(() => {
  [entries, listeners, taken, inProject, changed] = [[], 0, [], null, () => undefined];
  vi.stubGlobal('history', { state: null, replaceState: vi.fn() });
  vi.stubGlobal('navigator', {});
});
afterEach(() => vi.unstubAllGlobals());

test('a model that is here: its project is opened, once', async () => {
  entries = [entryIn('done')];
  open('?cloud-job=job_1');
  await vi.waitFor(() => expect(taken).toEqual(['garden']));
  expect([listeners, vi.mocked(history.replaceState).mock.calls]).toEqual([0, [[null, '', '/#/']]]);
});

test('a model on its way: to the project, and on to the splats when they have come', async () => {
  entries = [entryIn('running')];
  open('?cloud-job=job_1');
  await vi.waitFor(() => expect(listeners).toBe(1));
  entries = [entryIn('downloading')];
  changed();
  await Promise.resolve();
  expect(taken).toEqual(['garden']);
  entries = [entryIn('done')];
  changed();
  await vi.waitFor(() => expect(taken).toEqual(['garden', 'garden/view']));
  expect(listeners).toBe(0);
});

test.each([
  ['has gone elsewhere', () => (inProject = 'another'), entryIn('done')],
  ['sees it fail', () => undefined, entryIn('failed')],
  ['has it forgotten', () => undefined, undefined],
])('who %s meanwhile is left where they are', async (_, meanwhile, then) => {
  entries = [entryIn('downloading')];
  open('?cloud-job=job_1');
  await vi.waitFor(() => expect(listeners).toBe(1));
  meanwhile();
  entries = then ? [then] : [];
  changed();
  await vi.waitFor(() => expect(listeners).toBe(0));
  expect(taken).toEqual(['garden']);
});

test.each(['', '?cloud-job=job_of_another_device'])('an address "%s" leads nowhere', async (search) => {
  entries = [entryIn('done')];
  open(search);
  await new Promise((resolve) => setTimeout(resolve));
  expect([taken, listeners]).toEqual([[], 0]);
});
