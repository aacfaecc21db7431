/** Alerts: each at its threshold and not a hair below, none on a quiet day, and each once an hour in the log. */
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { raiseAlerts } from '../../cloud/jobs/raiseAlerts.ts';
import { type AlertName, alertRules, alertsOf } from '../../cloud/policy/alerts.ts';
import { jobStates } from '../../cloud/policy/jobMachine.ts';
import type { Figures, Findings } from '../../cloud/policy/operatorView.ts';
import { setKillSwitch } from '../../cloud/store/settings.ts';
import { givenJob } from './rows.ts';
import { type TestCloud, testCloud } from './testCloud.ts';

const at = Date.UTC(2026, 10, 26);
const none = { usedSeconds: 0, reservedSeconds: 0, limitSeconds: null, costMicros: 0 };
const provider = { breaker: 'closed', failures: 0, openedAt: null, lastError: null, health: null } as const;

/** All is well, and nothing is to do. */
const quiet = (): Figures => ({
  jobs: Object.fromEntries(jobStates.map((state) => [state, 0])) as Figures['jobs'],
  queue: { unsent: 0, delayed: 0, oldestUnsentAt: null, oldestWaitingAt: null },
  lastDay: { completed: 0, failed: 0, errorRate: null },
  budget: { day: none, month: none },
  killSwitch: { on: false, since: null },
  deadLetters: { open: 0, oldestAt: null },
  purges: { open: 0, oldestAt: null },
  workers: [],
  sweptAt: at,
  providers: [
    { id: 'runpod', ...provider },
    { id: 'local', ...provider },
  ],
});

const well = { ok: true, ms: 3 };
const found = (change: Partial<Figures>): Findings => ({ at, d1: well, r2: well, figures: { ...quiet(), ...change } });
const before = (seconds: number): number => at - seconds * 1000;
const queue = (change: Partial<Figures['queue']>) => found({ queue: { ...quiet().queue, ...change } });
const jobs = (change: Partial<Figures['jobs']>): Figures['jobs'] => ({ ...quiet().jobs, ...change });
const budget = (usedSeconds: number) => ({ ...none, usedSeconds, reservedSeconds: 400, limitSeconds: 1000 });

/** For each alert: findings in which it is just not one, and in which it just is; written here after operating.md, not after the rules. */
const edges: Record<AlertName, [Findings, Findings]> = {
  'd1-unreachable': [found({}), { at, d1: { ok: false, ms: 1 }, r2: well, figures: null }],
  'r2-unreachable': [found({}), { ...found({}), r2: { ok: false, ms: 1 } }],
  'sweep-late': [found({ sweptAt: before(299) }), found({ sweptAt: before(300) })],
  'kill-switch': [found({}), found({ killSwitch: { on: true, since: before(9) } })],
  'outbox-stuck': [queue({ oldestUnsentAt: before(299) }), queue({ oldestUnsentAt: before(300) })],
  'waiting-long': [queue({ oldestWaitingAt: before(1199) }), queue({ oldestWaitingAt: before(1200) })],
  'queue-deep': [found({ jobs: jobs({ queued: 40, submitted: 9 }) }), found({ jobs: jobs({ queued: 40, submitting: 1, submitted: 9 }) })],
  'worker-silent': [
    found({ jobs: jobs({ submitted: 1 }), workers: [{ name: 'w', seenAt: before(599) }] }),
    found({ jobs: jobs({ submitted: 1 }), workers: [{ name: 'w', seenAt: before(600) }] }),
  ],
  'error-rate': [
    found({ lastDay: { completed: 0, failed: 4, errorRate: 1 } }),
    found({ lastDay: { completed: 4, failed: 1, errorRate: 0.2 } }),
  ],
  'dead-letters': [found({}), found({ deadLetters: { open: 1, oldestAt: before(5) } })],
  'purge-late': [
    found({ purges: { open: 1, oldestAt: before(6 * 3600 - 1) } }),
    found({ purges: { open: 1, oldestAt: before(6 * 3600) } }),
  ],
  'breaker-open': [found({}), found({ providers: [{ id: 'runpod', ...provider, breaker: 'half-open', openedAt: before(70) }] })],
  'provider-unwell': [
    found({ providers: [{ id: 'runpod', ...provider, health: { ok: true, hint: 'busy' } }] }),
    found({ providers: [{ id: 'runpod', ...provider, health: { ok: false, hint: 'throttled' } }] }),
  ],
  'budget-day': [found({ budget: { day: budget(399), month: none } }), found({ budget: { day: budget(400), month: none } })],
  'budget-month': [found({ budget: { day: none, month: budget(399) } }), found({ budget: { day: none, month: budget(400) } })],
};

describe('alertsOf', () => {
  test('a quiet day has none', () => {
    expect(alertsOf(found({}))).toEqual([]);
  });

  test.each(Object.keys(alertRules) as AlertName[])('%s: at its threshold, not below', (name) => {
    const [below, above] = edges[name];
    expect(alertsOf(below)).toEqual([]);
    const alerts = alertsOf(above);
    expect(alerts.map((alert) => alert.name)).toEqual([name]);
    expect(alerts[0].value).toBeGreaterThanOrEqual(alerts[0].threshold);
  });

  test('says whom it is about and since when, by the figures or by what was known before', () => {
    const [breaker] = alertsOf(edges['breaker-open'][1]);
    expect(breaker).toMatchObject({ about: 'runpod', since: before(70) });
    expect(alertsOf(edges['budget-day'][1])[0].since).toBeNull();
    expect(alertsOf(edges['budget-day'][1], { 'budget-day': 7 })[0].since).toBe(7);
    expect(alertsOf(edges['provider-unwell'][1], { 'provider-unwell runpod': 8 })[0].since).toBe(8);
  });

  test('a sweep that has never run is late as soon as somebody waits for it', () => {
    expect(alertsOf(found({ sweptAt: null }))).toEqual([]);
    const waiting = { ...quiet().queue, oldestWaitingAt: before(300) };
    expect(alertsOf(found({ sweptAt: null, queue: waiting })).map(({ name }) => name)).toEqual(['sweep-late']);
  });

  test('a job that was just ordered does not make a worker silent that nobody needed before', () => {
    const figures = { jobs: jobs({ submitted: 1 }), queue: { ...quiet().queue, oldestWaitingAt: before(599) } };
    expect(alertsOf(found({ ...figures, workers: [{ name: 'w', seenAt: before(9999) }] }))).toEqual([]);
  });

  test('a service without limits has no budget alert, one without workers none about workers', () => {
    const spent = { usedSeconds: 1e9, reservedSeconds: 0, limitSeconds: null, costMicros: 0 };
    expect(alertsOf(found({ budget: { day: spent, month: spent } }))).toEqual([]);
    const remote = { providers: [{ id: 'runpod', ...provider }], jobs: jobs({ submitted: 3 }) };
    expect(alertsOf(found({ ...remote, queue: { ...quiet().queue, oldestWaitingAt: before(700) } }))).toEqual([]);
  });
});

describe('raiseAlerts', () => {
  let cloud: TestCloud;
  let raised: { name: string; since: number | null }[];

  beforeEach(async () => {
    cloud = await testCloud({ env: { PROVIDERS: 'local' } });
    await cloud.db.batch(['settings', 'jobs', 'dead_letters', 'purges', 'outbox'].map((table) => cloud.db.prepare(`DELETE FROM ${table}`)));
    raised = [];
    vi.spyOn(cloud.log, 'error').mockImplementation((event, fields) => {
      if (event === 'alert') raised.push({ name: String(fields?.['name']), since: fields?.['since'] as number | null });
    });
  });

  const names = (): string[] => raised.splice(0).map(({ name }) => name);

  test('writes an alert once an hour while it lasts', async () => {
    await setKillSwitch(cloud, 'on');
    for (let minute = 0; minute < 60; minute++) {
      await raiseAlerts(cloud);
      cloud.nowMs += 60_000;
    }
    expect(names()).toEqual(['kill-switch']);
    await raiseAlerts(cloud);
    expect(names()).toEqual(['kill-switch']);
  });

  test('two at the same moment write it once', async () => {
    await setKillSwitch(cloud, 'on');
    await Promise.all([raiseAlerts(cloud), raiseAlerts(cloud)]);
    expect(names()).toEqual(['kill-switch']);
  });

  test('one that comes and goes is not written each time, and is new again after its hour', async () => {
    for (let round = 0; round < 5; round++) {
      await setKillSwitch(cloud, round % 2 === 0 ? 'on' : 'off');
      await raiseAlerts(cloud);
      cloud.nowMs += 60_000;
    }
    expect(names()).toEqual(['kill-switch']);
    await setKillSwitch(cloud, 'off');
    cloud.nowMs += 3_600_000;
    await raiseAlerts(cloud);
    const marks = await cloud.db.prepare("SELECT count(*) AS number FROM settings WHERE key LIKE 'alert:%'").first<{ number: number }>();
    expect(marks?.number).toBe(0);
    await setKillSwitch(cloud, 'on');
    await raiseAlerts(cloud);
    expect(names()).toEqual(['kill-switch']);
  });

  test('remembers since when, where the figures do not say it', async () => {
    for (let number = 0; number < 5; number++) await givenJob(cloud, { state: 'failed', finishedAt: cloud.nowMs });
    const begun = cloud.nowMs;
    await raiseAlerts(cloud);
    cloud.nowMs += 3_600_000;
    await raiseAlerts(cloud);
    expect(raised).toEqual([
      { name: 'error-rate', since: null },
      { name: 'error-rate', since: begun },
    ]);
  });
});
