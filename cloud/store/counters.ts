/**
 * Counters: one Analytics Engine point and the same count in D1, so that both an account and a machine of one's own can see them.
 * Invariant: counting never fails the work that is counted, and a label is from a small fixed set, never of a person.
 */
import type { Cloud } from '../cloud.ts';

export type CounterName =
  | 'job_transition'
  | 'job_stale'
  | 'upload'
  | 'provider_call'
  | 'webhook_in'
  | 'push_result'
  | 'webhook_out'
  | 'dead_letter'
  | 'refused'
  | 'share_view'
  | 'purge'
  | 'error';

/** The day of a moment, UTC, e.g. "2026-11-26". */
export const dayOf = (ms: number): string => new Date(ms).toISOString().slice(0, 10);

export function count(cloud: Cloud, name: CounterName, label = '', by = 1): void {
  cloud.env.ANALYTICS.writeDataPoint({ blobs: [name, label], doubles: [by], indexes: [name] });
  const row = cloud.db
    .prepare(
      'INSERT INTO counters (day, name, label, count) VALUES (?1, ?2, ?3, ?4) ON CONFLICT (day, name, label) DO UPDATE SET count = count + ?4',
    )
    .bind(dayOf(cloud.now()), name, label, by);
  cloud.waitUntil(row.run().catch(() => cloud.log.warn('count-failed', { name })));
}
