/**
 * How the service is, from its rows, its bucket and its providers.
 * Invariant: measuring changes nothing, and what does not answer is a finding, not an error.
 */
import type { Cloud } from '../cloud.ts';
import { alertsOf } from '../policy/alerts.ts';
import { closedBreaker, phaseOf } from '../policy/breaker.ts';
import { type JobState, jobStates } from '../policy/jobMachine.ts';
import type { Figures, Findings, Health, PeriodSpend, ProviderView, Reach } from '../policy/operatorView.ts';
import type { GpuProvider, ProviderHealth } from '../providers/adapter.ts';
import { readBreakers } from './breakers.ts';
import { count, dayOf } from './counters.ts';

const dayMs = 86_400_000;
const workersShown = 50;
/** Of the marks that jobs/raiseAlerts.ts keeps in `settings`. */
export const alertMark = 'alert:';

/** Null when it threw, with how long that took. */
async function timed<T>(cloud: Cloud, name: string, ask: () => Promise<T>): Promise<{ value: T | null; reach: Reach }> {
  const begun = cloud.now();
  const reach = (ok: boolean): Reach => ({ ok, ms: cloud.now() - begun });
  try {
    const value = await ask();
    return { value, reach: reach(true) };
  } catch (error) {
    cloud.log.error('not-reachable', { name, error: String(error) });
    return { value: null, reach: reach(false) };
  }
}

/** Everything that D1 says, in one round trip. */
async function readRows(cloud: Cloud) {
  const now = cloud.now();
  const day = dayOf(now);
  const sums = (alias: string): string =>
    `coalesce(sum(used_seconds), 0) AS used, coalesce(sum(reserved_seconds), 0) AS reserved, coalesce(sum(cost_micros), 0) AS cost, '${alias}' AS period`;
  const ended = (states: string): string => `coalesce(sum(state IN (${states})), 0)`;
  const statements = [
    cloud.db.prepare('SELECT state, count(*) AS number FROM jobs GROUP BY state'),
    cloud.db
      .prepare(
        "SELECT (SELECT min(created_at) FROM jobs WHERE state IN ('queued', 'submitting', 'submitted')) AS oldestWaitingAt," +
          ' count(*) FILTER (WHERE not_before <= ?1) AS unsent, count(*) FILTER (WHERE not_before > ?1) AS delayed,' +
          ' min(max(created_at, not_before)) FILTER (WHERE not_before <= ?1) AS oldestUnsentAt FROM outbox WHERE sent_at IS NULL',
      )
      .bind(now),
    cloud.db
      .prepare(
        `SELECT ${ended("'completed'")} AS completed, ${ended("'failed', 'expired'")} AS failed FROM jobs` +
          " WHERE state IN ('completed', 'failed', 'expired') AND finished_at > ?1",
      )
      .bind(now - dayMs),
    cloud.db
      .prepare(
        `SELECT ${sums('day')} FROM budget_days WHERE day = ?1 UNION ALL` +
          ` SELECT ${sums('month')} FROM budget_days WHERE substr(day, 1, 7) = substr(?1, 1, 7)`,
      )
      .bind(day),
    cloud.db.prepare("SELECT count(*) AS open, min(created_at) AS oldestAt FROM dead_letters WHERE status = 'open'"),
    cloud.db.prepare("SELECT count(*) AS open, min(created_at) AS oldestAt FROM purges WHERE status = 'open'"),
    cloud.db
      .prepare(
        "SELECT key, value, updated_at AS updatedAt FROM settings WHERE key IN ('kill-switch', 'swept') OR key LIKE 'worker-seen:%' OR key LIKE ?1",
      )
      .bind(`${alertMark}%`),
  ];
  const results = await cloud.db.batch<Record<string, unknown>>(statements);
  return { rows: results.map((each) => each.results), breakers: await readBreakers(cloud) };
}
type Rows = Awaited<ReturnType<typeof readRows>>;

interface Setting {
  key: string;
  value: string;
  updatedAt: number;
}

function killSwitchOf(settings: Setting[]): Figures['killSwitch'] {
  const setting = settings.find(({ key }) => key === 'kill-switch');
  return setting?.value === 'on' ? { on: true, since: setting.updatedAt } : { on: false, since: null };
}

const workersOf = (settings: Setting[], now: number): Figures['workers'] =>
  settings
    .filter(({ key, updatedAt }) => key.startsWith('worker-seen:') && updatedAt > now - dayMs)
    .map(({ key, updatedAt }) => ({ name: key.slice('worker-seen:'.length), seenAt: updatedAt }))
    .sort((a, b) => b.seenAt - a.seenAt)
    .slice(0, workersShown);

function spendOf(rows: Record<string, unknown>[], period: string, limit: number): PeriodSpend {
  const row = rows.find((each) => each['period'] === period);
  const of = (name: string): number => Number(row?.[name] ?? 0);
  return { usedSeconds: of('used'), reservedSeconds: of('reserved'), costMicros: of('cost'), limitSeconds: limit === 0 ? null : limit };
}

function figuresOf(cloud: Cloud, { rows, breakers }: Rows, healths: Map<string, ProviderHealth> | null): Figures {
  const [states, [queue], [lastDay], budget, [deadLetters], [purges], settingRows] = rows;
  const settings = settingRows as unknown as Setting[];
  const { completed, failed } = lastDay as { completed: number; failed: number };
  const now = cloud.now();
  const byState = new Map(states.map(({ state, number }) => [state as JobState, Number(number)]));
  const providers = cloud.config.providers.map((id): ProviderView => {
    const { failures, openedAt, lastError, trialUntil } = breakers.find(({ provider }) => provider === id) ?? {
      ...closedBreaker,
      lastError: null,
    };
    const breaker = phaseOf({ failures, openedAt, trialUntil }, now);
    return { id, breaker, failures, openedAt, lastError, health: healths?.get(id) ?? null };
  });
  return {
    jobs: Object.fromEntries(jobStates.map((state) => [state, byState.get(state) ?? 0])) as Figures['jobs'],
    queue: queue as unknown as Figures['queue'],
    lastDay: { completed, failed, errorRate: completed + failed === 0 ? null : failed / (completed + failed) },
    budget: {
      day: spendOf(budget, 'day', cloud.config.budget.daySeconds),
      month: spendOf(budget, 'month', cloud.config.budget.monthSeconds),
    },
    killSwitch: killSwitchOf(settings),
    deadLetters: deadLetters as unknown as Figures['deadLetters'],
    purges: purges as unknown as Figures['purges'],
    workers: workersOf(settings, now),
    sweptAt: settings.find(({ key }) => key === 'swept')?.updatedAt ?? null,
    providers,
  };
}

async function askProvider(cloud: Cloud, provider: GpuProvider): Promise<[string, ProviderHealth]> {
  const answer = await provider.health();
  count(cloud, 'provider_call', `${provider.id} health ${answer.ok ? 'ok' : answer.kind}`);
  return [provider.id, answer.ok ? answer.value : { ok: false, hint: answer.message }];
}

/** One that is not set up must not keep the operator from seeing the rest. */
async function askAll(cloud: Cloud, providers: () => GpuProvider[]): Promise<Map<string, ProviderHealth>> {
  try {
    return new Map(await Promise.all(providers().map((provider) => askProvider(cloud, provider))));
  } catch (error) {
    const hint = error instanceof Error ? error.message : String(error);
    return new Map(cloud.config.providers.map((id) => [id, { ok: false, hint }]));
  }
}

/** @param providers those that are asked how they are; null: none is, the figures show their breakers only */
export async function measureHealth(cloud: Cloud, providers: (() => GpuProvider[]) | null): Promise<Health> {
  const [d1, r2, healths] = await Promise.all([
    timed(cloud, 'D1', () => readRows(cloud)),
    timed(cloud, 'R2', () => cloud.env.BUCKET.head('health')),
    providers && askAll(cloud, providers),
  ]);
  const figures = d1.value && figuresOf(cloud, d1.value, healths);
  const found: Findings = { at: cloud.now(), d1: d1.reach, r2: r2.reach, figures };
  const alerts = alertsOf(found, d1.value ? firstSeenOf(d1.value) : {});
  return { ...found, ok: alerts.length === 0, alerts };
}

/** The marks: an alert's key and since when it is there. */
function firstSeenOf({ rows }: Rows): Record<string, number> {
  const settings = (rows[6] as unknown as Setting[]).filter(({ key }) => key.startsWith(alertMark));
  return Object.fromEntries(settings.map(({ key, value }) => [key.slice(alertMark.length), Number(value)]));
}
