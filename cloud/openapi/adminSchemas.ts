/** What /api/admin answers, as schemas of policy/operatorView.ts. Invariant: each is of its type, checked by the compiler. */
import * as z from 'zod';
import { jobStates } from '../policy/jobMachine.ts';
import type { AdminJob, Alert, Counter, Figures, Health, PeriodSpend, ProviderView, Reach } from '../policy/operatorView.ts';
import type { DeadLetter } from '../store/deadLetters.ts';

const count = z.int().nonnegative();
const moment = z.number().nonnegative();
const state = z.enum(jobStates);
const reach: z.ZodType<Reach> = z.object({ ok: z.boolean(), ms: z.number() });
const openOnes = z.object({ open: count, oldestAt: moment.nullable() });

const spend: z.ZodType<PeriodSpend> = z.object({
  usedSeconds: z.number(),
  reservedSeconds: z.number(),
  limitSeconds: z.number().nullable(),
  costMicros: z.number(),
});

const provider: z.ZodType<ProviderView> = z.object({
  id: z.string(),
  breaker: z.enum(['closed', 'open', 'half-open']),
  failures: count,
  openedAt: moment.nullable(),
  lastError: z.string().nullable(),
  health: z.object({ ok: z.boolean(), hint: z.string().nullable() }).nullable(),
});

const figures: z.ZodType<Figures> = z.object({
  jobs: z.record(state, count),
  queue: z.object({ unsent: count, delayed: count, oldestUnsentAt: moment.nullable(), oldestWaitingAt: moment.nullable() }),
  lastDay: z.object({ completed: count, failed: count, errorRate: z.number().nullable() }),
  budget: z.object({ day: spend, month: spend }),
  killSwitch: z.object({ on: z.boolean(), since: moment.nullable() }),
  deadLetters: openOnes,
  purges: openOnes,
  workers: z.array(z.object({ name: z.string(), seenAt: moment })),
  sweptAt: moment.nullable(),
  providers: z.array(provider),
});

const alert: z.ZodType<Alert> = z.object({
  name: z.string(),
  about: z.string().nullable(),
  what: z.string(),
  value: z.number(),
  threshold: z.number(),
  unit: z.enum(['seconds', 'share', 'count']),
  since: moment.nullable(),
});

const health: z.ZodType<Health> = z.object({
  ok: z.boolean(),
  at: moment,
  d1: reach,
  r2: reach,
  figures: figures.nullable(),
  alerts: z.array(alert),
});

const deadLetter: z.ZodType<DeadLetter> = z.object({
  id: z.string(),
  jobId: z.string().nullable(),
  attempt: z.int().nullable(),
  body: z.string(),
  error: z.string(),
  deliveries: count,
  status: z.enum(['open', 'replayed', 'discarded']),
  createdAt: moment,
  settledAt: moment.nullable(),
});

const job: z.ZodType<AdminJob> = z.object({
  id: z.string(),
  ownerId: z.string(),
  projectId: z.string(),
  state,
  attempt: z.int(),
  lostCount: count,
  preset: z.string(),
  photos: count,
  bytes: count,
  provider: z.string().nullable(),
  gpuClass: z.string().nullable(),
  externalId: z.string().nullable(),
  stage: z.string().nullable(),
  error: z.string().nullable(),
  gpuSecondsReserved: count,
  gpuSeconds: count.nullable(),
  costMicros: count.nullable(),
  requestId: z.string(),
  createdAt: moment,
  startedAt: moment.nullable(),
  updatedAt: moment,
  deadlineAt: moment,
  finishedAt: moment.nullable(),
});

const counter: z.ZodType<Counter> = z.object({ name: z.string(), label: z.string(), count });

export const adminSchemas = {
  AdminHealth: health,
  AdminAlert: alert,
  AdminDeadLetters: z.object({ deadLetters: z.array(deadLetter) }),
  AdminReplayed: z.object({ jobId: z.string().nullable() }),
  AdminJobs: z.object({ jobs: z.array(job) }),
  AdminJobState: z.object({ state }),
  AdminCounters: z.object({ day: z.iso.date(), counters: z.array(counter) }),
};
