/** The operator's lists. Invariant: columns are named one by one; a hash or a token of somebody is never among them. */
import type { Cloud } from '../cloud.ts';
import type { JobState } from '../policy/jobMachine.ts';
import type { AdminJob, Counter } from '../policy/operatorView.ts';

const jobColumns =
  'id, owner_id AS ownerId, project_id AS projectId, state, attempt, lost_count AS lostCount, preset, photos, bytes, provider,' +
  ' gpu_class AS gpuClass, external_id AS externalId, stage, error, gpu_seconds_reserved AS gpuSecondsReserved, gpu_seconds AS gpuSeconds,' +
  ' cost_micros AS costMicros, request_id AS requestId, created_at AS createdAt, started_at AS startedAt, updated_at AS updatedAt,' +
  ' deadline_at AS deadlineAt, finished_at AS finishedAt';

/** Newest first; all, or those in a state. */
export async function newestJobs(cloud: Cloud, state: JobState | null, limit: number): Promise<AdminJob[]> {
  const query = `SELECT ${jobColumns} FROM jobs WHERE ?1 IS NULL OR state = ?1 ORDER BY created_at DESC, rowid DESC LIMIT ?2`;
  return (await cloud.db.prepare(query).bind(state, limit).all<AdminJob>()).results;
}

/** Of a day such as "2026-11-26", UTC. */
export async function countersOf(cloud: Cloud, day: string): Promise<Counter[]> {
  const query = 'SELECT name, label, count FROM counters WHERE day = ?1 ORDER BY name, label';
  return (await cloud.db.prepare(query).bind(day).all<Counter>()).results;
}
