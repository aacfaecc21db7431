/**
 * GPU-seconds in D1: what is reserved for attempts under way and what ended ones have used.
 * Invariant: a day's reserved_seconds is the sum of gpu_seconds_reserved of the jobs whose reservation was made on that day (submitted_at).
 * Both change together, in one transaction and only here, so nothing is counted twice or forgotten, and together with what was used it
 * never passes the limit.
 */
import { type Cloud, frozen } from '../cloud.ts';
import type { Spent } from '../policy/budget.ts';
import { dayOf } from './counters.ts';
import { type Job, jobOfRow } from './jobs.ts';

type At = Pick<Job, 'id' | 'attempt'>;

/** Of the month up to and with this day; a month's days compare as texts. */
const monthWhere = "day >= substr(?1, 1, 7) || '-01' AND day <= substr(?1, 1, 7) || '-31'";

export async function spentOn(cloud: Cloud, day: string = dayOf(cloud.now())): Promise<Spent> {
  const sum = (where: string): string => `(SELECT coalesce(sum(reserved_seconds + used_seconds), 0) FROM budget_days WHERE ${where})`;
  const query = `SELECT ${sum('day = ?1')} AS daySeconds, ${sum(monthWhere)} AS monthSeconds`;
  return (await cloud.db.prepare(query).bind(day).first<Spent>()) ?? { daySeconds: 0, monthSeconds: 0 };
}

/** Ends the reservation that an attempt has, if it has one. Its day is the one of submitted_at. */
function release(cloud: Cloud, { id, attempt }: At, usedSeconds: number, costMicros: number): D1PreparedStatement[] {
  const held = 'FROM jobs WHERE id = ?1 AND attempt = ?2 AND gpu_seconds_reserved > 0';
  const day =
    `UPDATE budget_days SET reserved_seconds = reserved_seconds - (SELECT gpu_seconds_reserved ${held}),` +
    ' used_seconds = used_seconds + ?3, cost_micros = cost_micros + ?4' +
    ` WHERE day = (SELECT strftime('%Y-%m-%d', submitted_at / 1000, 'unixepoch') ${held})`;
  const job =
    'UPDATE jobs SET gpu_seconds_reserved = 0, cost_micros = coalesce(cost_micros, 0) + ?3' +
    ' WHERE id = ?1 AND attempt = ?2 AND gpu_seconds_reserved > 0 RETURNING id';
  return [cloud.db.prepare(day).bind(id, attempt, usedSeconds, costMicros), cloud.db.prepare(job).bind(id, attempt, costMicros)];
}

/**
 * Reserves for an attempt that is being submitted, in place of what it may have reserved before; 0 where nobody bills. Sets submitted_at.
 * @returns the job; 'budget' when there is not enough left, 'late' when it is not being submitted any more
 */
export async function reserve(moving: Cloud, at: At, seconds: number): Promise<Job | 'budget' | 'late'> {
  const cloud = frozen(moving);
  const { daySeconds, monthSeconds } = cloud.config.budget;
  const day = dayOf(cloud.now());
  const spent = (where: string): string => `(SELECT coalesce(sum(reserved_seconds + used_seconds), 0) FROM budget_days WHERE ${where})`;
  const fits = `(?4 = 0 OR ((?5 = 0 OR ${spent('day = ?1')} + ?4 <= ?5) AND (?6 = 0 OR ${spent(monthWhere)} + ?4 <= ?6)))`;
  const take =
    'UPDATE jobs SET gpu_seconds_reserved = ?4, submitted_at = ?7, updated_at = ?7' +
    ` WHERE id = ?2 AND attempt = ?3 AND state = 'submitting' AND ${fits} RETURNING *`;
  const statements = [
    ...release(cloud, at, 0, 0),
    cloud.db.prepare('INSERT INTO budget_days (day) VALUES (?1) ON CONFLICT (day) DO NOTHING').bind(day),
    cloud.db.prepare(take).bind(day, at.id, at.attempt, seconds, daySeconds, monthSeconds, cloud.now()),
    // Only when the statement before took the seconds.
    cloud.db.prepare('UPDATE budget_days SET reserved_seconds = reserved_seconds + ?2 WHERE day = ?1 AND changes() = 1').bind(day, seconds),
    cloud.db.prepare("SELECT 1 FROM jobs WHERE id = ?1 AND attempt = ?2 AND state = 'submitting'").bind(at.id, at.attempt),
  ];
  const results = await cloud.db.batch<Record<string, unknown>>(statements);
  const row = results[3].results.at(0);
  if (row) return jobOfRow(row);
  return results[5].results.length > 0 ? 'budget' : 'late';
}

/**
 * Turns what an attempt has reserved into what it has used. The second time it finds nothing reserved and does nothing.
 * @returns false when there was nothing (any more)
 */
export async function settle(cloud: Cloud, at: At, usedSeconds: number, costMicros: number): Promise<boolean> {
  const [, job] = await cloud.db.batch(release(cloud, at, Math.max(0, Math.ceil(usedSeconds)), Math.max(0, Math.round(costMicros))));
  return job.results.length > 0;
}
