/** A POST that is sent again: done once, answered twice. */
import { expect, test } from 'vitest';
import { ensureOwner } from '../../cloud/http/ensureOwner.ts';
import { type Answer, idempotent } from '../../cloud/http/idempotent.ts';
import { Refusal } from '../../cloud/http/refusal.ts';
import { appOver } from './appOver.ts';
import { codeOf } from './identityApp.ts';
import { givenOwner } from './rows.ts';
import { type TestCloud, testCloud } from './testCloud.ts';

interface Kit {
  cloud: TestCloud;
  ownerId: string;
  /** What the route does; the number of the run is in the answer unless the test says otherwise. */
  runs: number;
  run: () => Promise<Answer<unknown>>;
  post(key: string | null, body?: unknown, as?: string, path?: string): Promise<Response>;
}

async function kit(): Promise<Kit> {
  const cloud = await testCloud();
  const app = appOver(cloud);
  app.post('/:what', async (c) => idempotent(c, await ensureOwner(c), await c.req.json(), () => self.run()));
  app.onError((error, c) => {
    if (error instanceof Refusal) return c.json(error.body(), error.status, error.headers);
    return c.text(error.message, 500);
  });
  const self: Kit = {
    cloud,
    ownerId: await givenOwner(cloud),
    runs: 0,
    run: () => Promise.resolve({ status: 201, body: { run: ++self.runs } }),
    async post(key, body = { a: 1 }, as = self.ownerId, path = '/things') {
      const headers = { 'x-test-owner': as, ...(key !== null && { 'idempotency-key': key }) };
      return app.request(path, { method: 'POST', headers, body: JSON.stringify(body) }, cloud.env);
    },
  };
  return self;
}

/** A run that ends when the test says so. */
function held(): { run: Kit['run']; begun: Promise<void>; end(answer: Answer<unknown>): void; fail(error: Error): void } {
  let [begin, end, fail]: [() => void, (answer: Answer<unknown>) => void, (error: Error) => void] = [() => {}, () => {}, () => {}];
  const begun = new Promise<void>((resolve) => (begin = resolve));
  const ended = new Promise<Answer<unknown>>((resolve, reject) => ([end, fail] = [resolve, reject]));
  const run = (): Promise<Answer<unknown>> => {
    begin();
    return ended;
  };
  return { run, begun, end, fail };
}

test('the second answer is the first one, with its status, and says so', async () => {
  const self = await kit();
  const first = await self.post('key-00000001');
  const second = await self.post('key-00000001');
  expect([first.status, await first.text()]).toEqual([201, '{"run":1}']);
  expect([second.status, await second.text()]).toEqual([201, '{"run":1}']);
  expect([first.headers.get('idempotent-replayed'), second.headers.get('idempotent-replayed')]).toEqual([null, 'true']);
  expect(second.headers.get('content-type')).toBe('application/json');
  expect(self.runs).toBe(1);
});

test('without a key it is done every time', async () => {
  const self = await kit();
  await self.post(null);
  expect(await (await self.post(null)).json()).toEqual({ run: 2 });
});

test('another key, another owner: another request', async () => {
  const self = await kit();
  const other = await givenOwner(self.cloud);
  await self.post('key-00000002');
  expect(await (await self.post('key-00000003')).json()).toEqual({ run: 2 });
  expect(await (await self.post('key-00000002', { a: 1 }, other)).json()).toEqual({ run: 3 });
});

test('the same key for something else is refused: another body, another address', async () => {
  const self = await kit();
  await self.post('key-00000004');
  expect(await codeOf(await self.post('key-00000004', { a: 2 }))).toBe('422 key-reused');
  expect(await codeOf(await self.post('key-00000004', { a: 1 }, self.ownerId, '/others'))).toBe('422 key-reused');
  expect(self.runs).toBe(1);
});

test('while the first is under way the second is asked to come again; afterwards it gets the answer', async () => {
  const self = await kit();
  const first = held();
  self.run = first.run;
  const answer = self.post('key-00000005');
  await first.begun;
  const early = await self.post('key-00000005');
  expect(early.headers.get('retry-after')).toBe('1');
  expect(await codeOf(early)).toBe('409 under-way');
  first.end({ status: 202, body: { jobId: 'job_1' } });
  expect((await answer).status).toBe(202);
  expect(await (await self.post('key-00000005')).json()).toEqual({ jobId: 'job_1' });
});

test('of twenty at once one is done', async () => {
  const self = await kit();
  const answers = await Promise.all(Array.from({ length: 20 }, () => self.post('key-00000006')));
  expect(self.runs).toBe(1);
  expect(answers.filter(({ status }) => status === 201).length).toBeGreaterThanOrEqual(1);
  expect(answers.filter(({ status }) => status !== 201 && status !== 409)).toEqual([]);
});

test.each([
  ['a refusal', new Refusal(429, 'too-many-jobs', 'Wait.'), 429],
  ['a bug', new Error('It fell over.'), 500],
])('%s is not kept: the next try begins anew', async (_, error, status) => {
  const self = await kit();
  const { run } = self;
  self.run = () => Promise.reject(error);
  expect((await self.post('key-00000007')).status).toBe(status);
  self.run = run;
  expect((await self.post('key-00000007')).status).toBe(201);
});

test('a request whose Worker died is taken over after a minute; should it come back, the later answer stays', async () => {
  const self = await kit();
  const { run } = self;
  const dead = held();
  self.run = dead.run;
  const first = self.post('key-00000008');
  await dead.begun;
  self.cloud.nowMs += 59_999;
  expect(await codeOf(await self.post('key-00000008'))).toBe('409 under-way');
  self.cloud.nowMs += 1;
  expect(await codeOf(await self.post('key-00000008', { a: 2 }))).toBe('422 key-reused');
  self.run = run;
  expect(await (await self.post('key-00000008')).json()).toEqual({ run: 1 });
  dead.end({ status: 201, body: { run: 'late' } });
  expect((await first).status).toBe(201);
  expect(await (await self.post('key-00000008')).json()).toEqual({ run: 1 });
});

test('one that fails after it was taken over does not open the key again', async () => {
  const self = await kit();
  const { run } = self;
  const dead = held();
  self.run = dead.run;
  const first = self.post('key-00000009');
  await dead.begun;
  self.cloud.nowMs += 60_000;
  self.run = run;
  await self.post('key-00000009');
  dead.fail(new Error('late'));
  expect((await first).status).toBe(500);
  expect((await self.post('key-00000009')).headers.get('idempotent-replayed')).toBe('true');
});

test('an answer is kept for a day', async () => {
  const self = await kit();
  await self.post('key-00000010');
  self.cloud.nowMs += 24 * 3_600_000 - 1;
  expect((await self.post('key-00000010')).headers.get('idempotent-replayed')).toBe('true');
  self.cloud.nowMs += 1;
  expect(await (await self.post('key-00000010', { a: 2 })).json()).toEqual({ run: 2 });
});

test('the answer is kept also when who asked has hung up', async () => {
  const self = await kit();
  const slow = held();
  self.run = slow.run;
  void self.post('key-00000011').catch(() => undefined);
  await slow.begun;
  slow.end({ status: 201, body: { run: 'kept' } });
  await self.cloud.settled();
  expect(await (await self.post('key-00000011')).json()).toEqual({ run: 'kept' });
});

test.each(['short', 'x'.repeat(201), 'schlüssel-0001'])('%s is no key', async (key) => {
  const self = await kit();
  expect(await codeOf(await self.post(key))).toBe('400 bad-key');
  expect(self.runs).toBe(0);
});
