/** Being brought up to date: told when it suits, done only when wished, and never by surprise. */
import { beforeEach, expect, test } from 'vitest';
import { type RegisteredWorker, connectServiceWorker } from '../../../src/app/services/pwa/connectServiceWorker.ts';
import { type UpdateEvent, noUpdate, reduceUpdate, showsUpdate } from '../../../src/app/services/pwa/updateState.ts';

const shownAfter = (...events: UpdateEvent[]): boolean => showsUpdate(events.reduce(reduceUpdate, noUpdate));
const newer: UpdateEvent = { type: 'newer' };
const busy: UpdateEvent = { type: 'busy', busy: true };
const free: UpdateEvent = { type: 'busy', busy: false };
const later: UpdateEvent = { type: 'later' };

test.for<[string, UpdateEvent[], boolean]>([
  ['nothing new', [free], false],
  ['a newer version', [newer], true],
  ['during a run', [busy, newer], false],
  ['a run begins while it is shown', [newer, busy], false],
  ['the run ends', [busy, newer, free], true],
  ['later', [newer, later], false],
  ['later, and a run after that', [newer, later, busy, free], false],
  ['later, and yet another version', [newer, later, newer], true],
])('shown: %s', ([, events, shown]) => {
  expect(shownAfter(...events)).toBe(shown);
});

class FakeWorker extends EventTarget {
  state = 'installing';
  readonly posted: unknown[] = [];
  postMessage(message: unknown): void {
    this.posted.push(message);
  }
  become(state: string): void {
    this.state = state;
    this.dispatchEvent(new Event('statechange'));
  }
}

class FakeRegistration extends EventTarget {
  active: FakeWorker | null = null;
  waiting: FakeWorker | null = null;
  installing: FakeWorker | null = null;
  checks = 0;
  async update(): Promise<void> {
    this.checks++;
  }
  /** A worker is found and installed; it waits where another is active. */
  find(): FakeWorker {
    const worker = new FakeWorker();
    this.installing = worker;
    this.dispatchEvent(new Event('updatefound'));
    this.installing = null;
    if (this.active) this.waiting = worker;
    worker.become('installed');
    return worker;
  }
}

class FakeContainer extends EventTarget {
  controller: FakeWorker | null = null;
  readonly registration = new FakeRegistration();
  readonly ready = new Promise<never>(() => undefined);
  register(): Promise<FakeRegistration> {
    return Promise.resolve(this.registration);
  }
  changeController(): void {
    this.controller = new FakeWorker();
    this.dispatchEvent(new Event('controllerchange'));
  }
}

let container: FakeContainer;
let page: EventTarget;
let told: string[];
let nowMs: number;

async function connect({ controlled }: { controlled: boolean }): Promise<RegisteredWorker> {
  if (controlled) container.controller = container.registration.active = new FakeWorker();
  const hooks = { newer: () => void told.push('newer'), reload: () => void told.push('reload'), now: () => nowMs };
  const connected = connectServiceWorker({ container: container as unknown as ServiceWorkerContainer, page }, hooks);
  await Promise.resolve();
  return connected;
}

beforeEach(() => {
  container = new FakeContainer();
  page = new EventTarget();
  told = [];
  nowMs = 0;
});

test('the first version of all is no news, and its taking over reloads nothing', async () => {
  await connect({ controlled: false });
  container.registration.find();
  container.changeController();
  expect(told).toEqual([]);
});

test('a newer version is told once and changed to only when wished', async () => {
  const connected = await connect({ controlled: true });
  const worker = container.registration.find();
  worker.become('installed');
  expect(told).toEqual(['newer']);
  expect(worker.posted).toEqual([]);
  connected.applyUpdate();
  expect(worker.posted).toEqual([{ type: 'skip-waiting' }]);
  expect(told).toEqual(['newer']);
  container.changeController();
  container.changeController();
  expect(told.filter((what) => what === 'reload')).toHaveLength(1);
});

test('a version that waited since an earlier visit is told', async () => {
  const waiting = new FakeWorker();
  waiting.state = 'installed';
  container.registration.waiting = waiting;
  await connect({ controlled: true });
  expect(told).toEqual(['newer']);
});

test('another tab that changes over reloads nothing here; wished here, it does', async () => {
  const connected = await connect({ controlled: true });
  container.changeController();
  expect(told).toEqual(['newer']);
  connected.applyUpdate();
  expect(told).toEqual(['newer', 'reload']);
});

test('coming back to the page looks for a newer version once an hour at most', async () => {
  await connect({ controlled: true });
  const comeBackAt = (minutes: number): number => {
    nowMs = minutes * 60_000;
    page.dispatchEvent(new Event('focus'));
    return container.registration.checks;
  };
  expect([59, 60, 61, 119, 120].map(comeBackAt)).toEqual([0, 1, 1, 1, 2]);
});
