/**
 * Alerts: which figures call for the operator. Pure; docs/cloud/operating.md says what each means and what to do.
 * Invariant: an alert is a figure at or above the threshold of its name, and nothing else makes one.
 */
import type { Alert, Figures, Findings, PeriodSpend } from './operatorView.ts';

interface Measure {
  value: number;
  about?: string;
  since?: number | null;
}

interface Rule {
  threshold: number;
  unit: Alert['unit'];
  what: string;
  measure(found: Findings, figures: Figures): Measure | Measure[] | null;
}

const [minutes, hours] = [60, 3600];
/** Fewer ended jobs say nothing of a rate. */
const jobsForARate = 5;

const secondsSince = (at: number, moment: number | null): Measure => ({
  value: moment === null ? 0 : Math.max(0, Math.round((at - moment) / 1000)),
  since: moment,
});

const shareOf = ({ usedSeconds, reservedSeconds, limitSeconds }: PeriodSpend): Measure => ({
  value: limitSeconds === null ? 0 : (usedSeconds + reservedSeconds) / limitSeconds,
});

/** Jobs that only a worker can take wait, and none has come for so long. */
function silence(at: number, { providers, jobs, workers, queue }: Figures): Measure | null {
  if (!providers.some(({ id }) => id === 'local' || id === 'pull') || jobs.submitted === 0) return null;
  const seenAt = Math.max(workers.at(0)?.seenAt ?? 0, queue.oldestWaitingAt ?? 0);
  return secondsSince(at, seenAt === 0 ? null : seenAt);
}

/** Those that need nothing but the two stores' answers. */
const storeRules = {
  'd1-unreachable': { threshold: 1, unit: 'count', what: 'The database does not answer.', measure: ({ d1 }) => ({ value: d1.ok ? 0 : 1 }) },
  'r2-unreachable': {
    threshold: 1,
    unit: 'count',
    what: 'The object store does not answer.',
    measure: ({ r2 }) => ({ value: r2.ok ? 0 : 1 }),
  },
} as const satisfies Record<string, Omit<Rule, 'measure'> & { measure(found: Findings): Measure }>;

export const alertRules = {
  ...storeRules,
  'sweep-late': {
    threshold: 5 * minutes,
    unit: 'seconds',
    what: 'The sweep has not run: what was forgotten is not found.',
    // Where it has never run, work that waits for it tells.
    measure: ({ at }, { sweptAt, queue }) => secondsSince(at, sweptAt ?? queue.oldestWaitingAt),
  },
  'kill-switch': {
    threshold: 1,
    unit: 'count',
    what: 'The kill switch is on: no job is taken or begun.',
    measure: (_, { killSwitch: { on, since } }) => ({ value: on ? 1 : 0, since }),
  },
  'outbox-stuck': {
    threshold: 5 * minutes,
    unit: 'seconds',
    what: 'The queue does not take messages.',
    measure: ({ at }, { queue }) => secondsSince(at, queue.oldestUnsentAt),
  },
  'waiting-long': {
    threshold: 20 * minutes,
    unit: 'seconds',
    what: 'A job has waited long for a GPU.',
    measure: ({ at }, { queue }) => secondsSince(at, queue.oldestWaitingAt),
  },
  'queue-deep': {
    threshold: 50,
    unit: 'count',
    what: 'Many jobs wait for a GPU.',
    measure: (_, { jobs }) => ({ value: jobs.queued + jobs.submitting + jobs.submitted }),
  },
  'worker-silent': {
    threshold: 10 * minutes,
    unit: 'seconds',
    what: 'Jobs wait for a worker, and none has asked for work.',
    measure: ({ at }, figures) => silence(at, figures),
  },
  'error-rate': {
    threshold: 0.2,
    unit: 'share',
    what: 'Many of the jobs of the last day have failed.',
    measure: (_, { lastDay: { completed, failed, errorRate } }) =>
      completed + failed < jobsForARate || errorRate === null ? null : { value: errorRate },
  },
  'dead-letters': {
    threshold: 1,
    unit: 'count',
    what: 'The queue has given up messages that nobody has looked at.',
    measure: (_, { deadLetters: { open, oldestAt } }) => ({ value: open, since: oldestAt }),
  },
  'purge-late': {
    threshold: 6 * hours,
    unit: 'seconds',
    what: 'Something that a person wants deleted is still there; it must be gone within a day.',
    measure: ({ at }, { purges }) => secondsSince(at, purges.oldestAt),
  },
  'breaker-open': {
    threshold: 1,
    unit: 'count',
    what: 'The provider refused jobs five times in a row or more and is left alone for a while.',
    measure: (_, { providers }) =>
      providers.map(({ id, breaker, openedAt }) => ({ value: breaker === 'closed' ? 0 : 1, about: id, since: openedAt })),
  },
  'provider-unwell': {
    threshold: 1,
    unit: 'count',
    what: 'The provider says that it is not well, or does not answer.',
    measure: (_, { providers }) => providers.map(({ id, health }) => ({ value: health?.ok === false ? 1 : 0, about: id })),
  },
  'budget-day': {
    threshold: 0.8,
    unit: 'share',
    what: "Most of the day's GPU-seconds are spent or reserved.",
    measure: (_, { budget }) => shareOf(budget.day),
  },
  'budget-month': {
    threshold: 0.8,
    unit: 'share',
    what: "Most of the month's GPU-seconds are spent or reserved.",
    measure: (_, { budget }) => shareOf(budget.month),
  },
} as const satisfies Record<string, Rule>;
export type AlertName = keyof typeof alertRules;

/** The name and whom it is about, in one; the same alert has the same. */
export const alertKey = ({ name, about }: Pick<Alert, 'name' | 'about'>): string => (about === null ? name : `${name} ${about}`);

/** @param firstSeen since when an alert is known, by its key, where the figures do not say it */
export function alertsOf(found: Findings, firstSeen: Record<string, number> = {}): Alert[] {
  const rules: [string, Rule][] = Object.entries<Rule>(found.figures === null ? storeRules : alertRules);
  return rules.flatMap(([name, { threshold, unit, what, measure }]) => {
    const measures = [measure(found, found.figures as Figures) ?? []].flat();
    return measures
      .filter(({ value }) => value >= threshold)
      .map(({ value, about = null, since }) => {
        const known = since ?? firstSeen[alertKey({ name, about })] ?? null;
        return { name, about, what, value, threshold, unit, since: known };
      });
  });
}
