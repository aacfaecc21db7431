/**
 * What the person's page is told of a job.
 * Invariant: the state comes from D1 and from nowhere else; the room only adds the events.
 */
import type { JobStatus } from '../../src/core/job/cloudApi.ts';
import type { Failure } from '../../src/core/job/failure.ts';
import type { Cloud } from '../cloud.ts';
import { publicState } from '../policy/jobMachine.ts';
import { fileForPage } from '../policy/modelChoice.ts';
import type { NumberedEvent } from '../store/jobRoom.ts';
import { type Job, jobOfRow, progressOf } from '../store/jobs.ts';
import { filesOf, servedOutputs } from '../store/models.ts';

/** The job, if it is this owner's and its project is still there. */
export async function shownJob(cloud: Cloud, ownerId: string, jobId: string): Promise<Job | null> {
  const query = "SELECT j.* FROM jobs j JOIN projects p ON p.id = j.project_id WHERE j.id = ?1 AND j.owner_id = ?2 AND p.status = 'active'";
  const row = await cloud.db.prepare(query).bind(jobId, ownerId).first<Record<string, unknown>>();
  return row && jobOfRow(row);
}

async function modelOf(cloud: Cloud, { state, modelId }: Job): Promise<JobStatus['model']> {
  if (state !== 'completed' || modelId === null) return null;
  const file = fileForPage(servedOutputs(await filesOf(cloud, modelId)));
  return file && { id: modelId, format: file.kind, bytes: file.bytes };
}

export async function statusOf(cloud: Cloud, job: Job, events: readonly NumberedEvent[]): Promise<JobStatus> {
  const state = publicState(job.state);
  return {
    state,
    stage: job.stage,
    progress: progressOf(job),
    model: await modelOf(cloud, job),
    failure: state === 'failed' && job.failure !== null ? (JSON.parse(job.failure) as Failure) : null,
    events: [...events],
  };
}
