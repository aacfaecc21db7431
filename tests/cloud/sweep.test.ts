/** The sweep: finds what was forgotten, and one part that fails stops no other. */
import { beforeEach, expect, test } from 'vitest';
import { sweep, sweepIfDue } from '../../cloud/jobs/sweep.ts';
import { move } from '../../cloud/store/jobs.ts';
import { outboxed } from '../../cloud/store/outbox.ts';
import { reserve } from '../../cloud/store/budget.ts';
import { putSetting } from '../../cloud/store/settings.ts';
import { type JobKit, givenUpload, jobKit } from './jobKit.ts';
import { givenJob } from './rows.ts';

let kit: JobKit;
beforeEach(async () => {
  kit = await jobKit();
});

const dayS = 86_400;
const run = async (): Promise<void> => {
  await sweep(kit.cloud, kit.providers);
  await kit.cloud.settled();
};
/** Projects whose photos were ordered to go; the same sweep carries it out. */
const purges = async () =>
  (await kit.cloud.db.prepare("SELECT target FROM purges WHERE kind = 'photos'").all<{ target: string }>()).results.map(
    ({ target }) => target,
  );
const rowsOf = async (table: string) => (await kit.cloud.db.prepare(`SELECT * FROM ${table}`).all<Record<string, unknown>>()).results;

test('messages that were written but not sent, and no sooner than they may', async () => {
  await kit.ordered();
  await outboxed(kit.cloud, { kind: 'purge', requestId: 'r' }, kit.cloud.nowMs + 1000).run();
  await run();
  expect(kit.sent.map(({ kind }) => kind)).toEqual(['submit']);
  kit.pass(1);
  await run();
  expect(kit.sent.map(({ kind }) => kind)).toEqual(['submit', 'purge']);
});

test('jobs that nobody looks after', async () => {
  const [lost, dead, late] = [await kit.submitted(), await kit.held(), await kit.submitted({ deadlineAt: kit.cloud.nowMs + 1000 })];
  const stuck = await kit.ordered({ state: 'submitting' });
  kit.runpod.state = 'lost';
  kit.pass(600);
  await run();
  expect(await kit.now(lost)).toMatchObject({ state: 'queued', attempt: 2 });
  expect(await kit.now(dead)).toMatchObject({ state: 'queued', attempt: 2 });
  expect(await kit.now(late)).toMatchObject({ state: 'expired' });
  expect(await kit.now(stuck)).toMatchObject({ state: 'queued', attempt: 1 });
});

test('a job whose Worker ended right after its last move', async () => {
  const job = await kit.held();
  await move(kit.cloud, job, 'complete', { gpuSeconds: 77 });
  await run();
  expect((await kit.day()).used).toBe(0);
  kit.pass(60);
  await run();
  await run();
  expect(await kit.day()).toEqual({ reserved: 0, used: 77 });
});

test('uploads that nothing arrived for: over, and their photos go unless another upload of the project is alive', async () => {
  const [idle, other, alive] = [
    await givenUpload(kit.cloud, { status: 'open' }),
    await givenUpload(kit.cloud, { status: 'open' }),
    await givenUpload(kit.cloud, { status: 'open' }),
  ];
  const second =
    "INSERT INTO uploads SELECT 'upl_second', project_id, owner_id, preset, 'complete', created_at, expires_at FROM uploads WHERE id = ?1";
  await kit.cloud.db.prepare(second).bind(other.uploadId).run();
  await kit.cloud.db.prepare('UPDATE uploads SET expires_at = expires_at + 1000 WHERE id = ?1').bind(alive.uploadId).run();
  kit.pass(dayS);
  await run();
  const { results } = await kit.cloud.db.prepare('SELECT id, status FROM uploads').all<{ id: string; status: string }>();
  expect(Object.fromEntries(results.map(({ id, status }) => [id, status]))).toEqual({
    [idle.uploadId]: 'expired',
    [other.uploadId]: 'expired',
    [alive.uploadId]: 'open',
    upl_second: 'complete',
  });
  expect(await purges()).toEqual([idle.projectId]);
  const left = await kit.cloud.db
    .prepare('SELECT DISTINCT project_id AS id FROM photos WHERE project_id IN (?1, ?2)')
    .bind(idle.projectId, other.projectId)
    .all();
  expect(left.results).toEqual([{ id: other.projectId }]);
});

test('photos go after their days, counted from the last change, and never under an open job', async () => {
  const [short, long, none, busy] = [
    await givenUpload(kit.cloud, { keepDays: 2 }),
    await givenUpload(kit.cloud, { keepDays: 30 }),
    await givenUpload(kit.cloud, { keepDays: 0 }),
    await givenUpload(kit.cloud, { keepDays: 1 }),
  ];
  const open = await givenJob(kit.cloud, {
    ...busy,
    state: 'submitted',
    submittedAt: kit.cloud.nowMs + 10 * dayS * 1000,
    deadlineAt: 1e15,
  });
  kit.pass(dayS - 1);
  await run();
  expect(await purges()).toEqual([]);
  kit.pass(3600);
  await run();
  expect(await purges()).toEqual([none.projectId]);
  kit.pass(dayS);
  await run();
  expect((await purges()).sort()).toEqual([none.projectId, short.projectId].sort());
  expect((await kit.now(open)).state).toBe('submitted');
  expect(long.projectId).not.toBe('');
});

test('old rows', async () => {
  const { db, nowMs } = kit.cloud;
  const job = await kit.ordered();
  await db.batch([
    db.prepare('DELETE FROM sessions'),
    db
      .prepare("INSERT INTO provider_events VALUES ('runpod', 'old', ?1), ('runpod', 'new', ?2)")
      .bind(nowMs - 7 * dayS * 1000, nowMs - 7 * dayS * 1000 + 1),
    db
      .prepare(
        "INSERT INTO idempotency_keys (owner_id, key, request_hash, created_at, expires_at) VALUES ('o', 'old', '', 0, ?1), ('o', 'new', '', 0, ?2)",
      )
      .bind(nowMs, nowMs + 1),
    db
      .prepare("INSERT INTO challenges (id, kind, value, expires_at) VALUES ('old', '', '', ?1), ('new', '', '', ?2)")
      .bind(nowMs, nowMs + 1),
    db
      .prepare(
        "INSERT INTO sessions (token_hash, owner_id, kind, created_at, seen_at, expires_at) VALUES ('old', ?3, 'cookie', 0, 0, ?1), ('new', ?3, 'cookie', 0, 0, ?2)",
      )
      .bind(nowMs, nowMs + 1, job.ownerId),
  ]);
  await putSetting(kit.cloud, 'kill-switch', 'off');
  await run();
  expect((await rowsOf('provider_events')).map(({ event_id }) => event_id)).toEqual(['new']);
  expect((await rowsOf('idempotency_keys')).map(({ key }) => key)).toEqual(['new']);
  expect((await rowsOf('challenges')).map(({ id }) => id)).toEqual(['new']);
  expect((await rowsOf('sessions')).map(({ token_hash }) => token_hash)).toEqual(['new']);
  expect((await rowsOf('outbox')).length).toBe(1);
  kit.pass(7 * dayS + 60);
  await run();
  expect((await rowsOf('outbox')).filter(({ sent_at }) => Number(sent_at) <= kit.cloud.nowMs - 7 * dayS * 1000)).toEqual([]);
  expect((await rowsOf('settings')).some(({ key }) => key === 'kill-switch')).toBe(true);
});

test('raises alerts, each once', async () => {
  kit = await jobKit({}, { daySeconds: 100, monthSeconds: 1000 });
  await reserve(kit.cloud, await givenJob(kit.cloud, { state: 'submitting' }), 90);
  for (let i = 0; i < 3; i++) await run();
  expect(kit.alarms).toEqual(['alert']);
});

test('one part that fails stops no other', async () => {
  const job = await kit.held();
  kit.pass(200);
  const broken = { ...kit.runpod, status: () => Promise.reject(new Error('A bug.')) };
  await givenUpload(kit.cloud, { status: 'open' });
  await kit.ordered();
  await sweep(kit.cloud, [broken]);
  expect(kit.alarms.filter((event) => event !== 'alert')).toEqual(['sweep-failed']);
  expect(kit.sent).toHaveLength(1);
  expect((await kit.now(job)).state).toBe('claimed');
});

test('where no cron runs: once a minute, whoever asks', async () => {
  await kit.ordered();
  await Promise.all([1, 2, 3].map(() => sweepIfDue(kit.cloud, kit.providers)));
  expect(kit.sent).toHaveLength(1);
  await kit.ordered();
  kit.pass(59);
  await sweepIfDue(kit.cloud, kit.providers);
  expect(kit.sent).toHaveLength(1);
  kit.pass(1);
  await sweepIfDue(kit.cloud, kit.providers);
  expect(kit.sent.length).toBeGreaterThan(1);
});
