/**
 * The sweep, every minute: finds what was forgotten because a Worker ended, a message was lost or a time is over.
 * Invariant: everything is found by what the rows say, so missing a sweep, or two at once, does no harm; a part that fails stops no other.
 */
import type { Cloud } from '../cloud.ts';
import { finalStates, heldStates } from '../policy/jobMachine.ts';
import type { GpuProvider } from '../providers/adapter.ts';
import { providersOf, rentedMachines } from '../providers/all.ts';
import { reapInstances } from '../providers/reapInstances.ts';
import { type Job, jobOfRow } from '../store/jobs.ts';
import { dropOldDeliveries } from '../store/deliveries.ts';
import { flushOutbox } from '../store/outbox.ts';
import { orderForgottenOwners } from '../store/purges.ts';
import { orderPhotosPurges } from '../store/purgeOrders.ts';
import { isTurn } from '../store/settings.ts';
import { afterJobEnd } from './afterEnd.ts';
import { deliverDue } from './deliver.ts';
import { dropStrays } from './dropStrays.ts';
import { lookAtJob } from './look.ts';
import { purgeDue } from './purge.ts';
import { raiseAlerts } from './raiseAlerts.ts';

const [minuteMs, hourMs, dayMs] = [60_000, 3_600_000, 86_400_000];
const atOnce = 50;
/** A Worker has six connections at a time; each look may ask a provider. */
const connections = 5;
const marks = (states: readonly string[]): string => states.map((state) => `'${state}'`).join(', ');

async function jobsWhere(cloud: Cloud, where: string, values: readonly unknown[]): Promise<Job[]> {
  const query = cloud.db.prepare(`SELECT * FROM jobs WHERE ${where} ORDER BY updated_at LIMIT ${atOnce}`).bind(...values);
  return (await query.all<Record<string, unknown>>()).results.map(jobOfRow);
}

/** Jobs that something is to be done about now: what policy/watchdog.ts says, as a query. */
export function dueJobs(cloud: Cloud): Promise<Job[]> {
  const { resendSeconds, unclaimedSeconds, watchSeconds, leaseSeconds, attemptSeconds, lostSeconds } = cloud.config.tuning;
  const leaseEnd = 'coalesce(lease_until, coalesce(started_at, updated_at) + ?5)';
  const where =
    `(state NOT IN (${marks(finalStates)}) AND deadline_at <= ?1)` +
    " OR (state IN ('queued', 'submitting') AND max(updated_at, not_before) + ?2 <= ?1)" +
    " OR (state = 'submitted' AND max(coalesce(submitted_at, updated_at) + ?3, updated_at + ?4) <= ?1)" +
    ` OR (state IN (${marks(heldStates)}) AND (coalesce(started_at, updated_at) + ?6 <= ?1 OR ${leaseEnd} + ?7 <= ?1` +
    ` OR max(${leaseEnd}, updated_at + ?4) <= ?1))`;
  const seconds = [resendSeconds, unclaimedSeconds, watchSeconds, leaseSeconds, attemptSeconds, lostSeconds];
  const ms = seconds.map((each) => each * 1000);
  return jobsWhere(cloud, where, [cloud.now(), ...ms]);
}

async function lookAtDue(cloud: Cloud, providers: GpuProvider[]): Promise<void> {
  const due = await dueJobs(cloud);
  const look = (job: Job): Promise<void> => alone(cloud, `job ${job.id}`, () => lookAtJob(cloud, job, { providers }));
  for (let first = 0; first < due.length; first += connections) await Promise.all(due.slice(first, first + connections).map(look));
}

/** Jobs that ended in a Worker which did not get to what follows. */
async function finishEnded(cloud: Cloud): Promise<void> {
  const where = `gpu_seconds_reserved > 0 AND state IN (${marks(finalStates)}) AND finished_at <= ?1`;
  for (const job of await jobsWhere(cloud, where, [cloud.now() - minuteMs])) await afterJobEnd(cloud, job);
}

/** Uploads that nothing arrived for in time; their photos go unless another upload of the project is alive. */
async function expireUploads(cloud: Cloud): Promise<void> {
  const expire = "UPDATE uploads SET status = 'expired' WHERE status = 'open' AND expires_at <= ?1";
  await cloud.db.prepare(expire).bind(cloud.now()).run();
  const abandoned =
    "EXISTS (SELECT 1 FROM uploads u WHERE u.project_id = p.id AND u.status = 'expired' AND u.expires_at > ?2)" +
    " AND NOT EXISTS (SELECT 1 FROM uploads u WHERE u.project_id = p.id AND u.status IN ('open', 'complete'))";
  await orderPhotosPurges(cloud, abandoned, [cloud.now() - 7 * dayMs]);
}

/** Photos are kept for days after the last change of their project; those that go with the first model, for a day without one. */
async function dropOldPhotos(cloud: Cloud): Promise<void> {
  if (!(await isTurn(cloud, 'swept-photos', hourMs))) return;
  const ordered = await orderPhotosPurges(cloud, `p.updated_at + max(p.photos_keep_days, 1) * ${dayMs} <= ?2`, [cloud.now()]);
  if (ordered > 0) cloud.log.info('photos-expired', { projects: ordered });
}

async function dropOldRows(cloud: Cloud): Promise<void> {
  if (!(await isTurn(cloud, 'swept-rows', hourMs))) return;
  await orderForgottenOwners(cloud);
  const [now, weekAgo] = [cloud.now(), cloud.now() - 7 * dayMs];
  const old: [string, number][] = [
    ['idempotency_keys WHERE expires_at <= ?1', now],
    ['challenges WHERE expires_at <= ?1', now],
    ['sessions WHERE expires_at <= ?1', now],
    ['provider_events WHERE received_at <= ?1', weekAgo],
    ['outbox WHERE sent_at <= ?1', weekAgo],
    // Workers that have gone; what the operator has set stays.
    ["settings WHERE key LIKE 'worker-seen:%' AND updated_at <= ?1", now - 60 * dayMs],
  ];
  await cloud.db.batch(old.map(([from, before]) => cloud.db.prepare(`DELETE FROM ${from}`).bind(before)));
  await dropOldDeliveries(cloud, 90 * dayMs);
}

async function reap(cloud: Cloud): Promise<void> {
  const rented = rentedMachines(cloud);
  if (!rented) return;
  const answer = await reapInstances(rented.book, rented.vast, cloud.now());
  if (!answer.ok) cloud.log.warn('reap-failed', { error: answer.message });
  else for (const { externalId, reason, destroyed } of answer.value) cloud.log.info('instance-reaped', { externalId, reason, destroyed });
}

async function alone(cloud: Cloud, part: string, work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
  } catch (error) {
    cloud.log.error('sweep-failed', { part, error: error instanceof Error ? (error.stack ?? error.message) : String(error) });
  }
}

export async function sweep(cloud: Cloud, providers?: GpuProvider[]): Promise<void> {
  await isTurn(cloud, 'swept', 0);
  const parts: Record<string, () => Promise<unknown>> = {
    due: () => lookAtDue(cloud, providers ?? providersOf(cloud)),
    ended: () => finishEnded(cloud),
    outbox: () => flushOutbox(cloud, atOnce),
    uploads: () => expireUploads(cloud),
    photos: () => dropOldPhotos(cloud),
    rows: () => dropOldRows(cloud),
    strays: () => dropStrays(cloud, hourMs),
    deliveries: () => deliverDue(cloud, atOnce),
    purges: () => purgeDue(cloud),
    instances: () => reap(cloud),
    alerts: () => raiseAlerts(cloud),
  };
  for (const [part, work] of Object.entries(parts)) await alone(cloud, part, work);
}

/** The sweep where no cron runs: once a minute, whoever asks. */
export async function sweepIfDue(cloud: Cloud, providers?: GpuProvider[]): Promise<void> {
  if (await isTurn(cloud, 'swept', minuteMs)) await sweep(cloud, providers);
}
