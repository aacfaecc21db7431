/**
 * What the alarm of a job's room does.
 * Invariant: it asks to be called again until the job is over and everything that follows from that is done.
 */
import type { Cloud } from '../cloud.ts';
import { isFinal } from '../policy/jobMachine.ts';
import { whatToDo } from '../policy/watchdog.ts';
import type { GpuProvider } from '../providers/adapter.ts';
import { type Job, getJob } from '../store/jobs.ts';
import { flushOutbox } from '../store/outbox.ts';
import { afterJobEnd } from './afterEnd.ts';
import { lookAtJob } from './look.ts';
import { sweepIfDue } from './sweep.ts';

/** @returns when to look next, in milliseconds since 1970; null when the job is over or gone */
export async function watchJob(cloud: Cloud, jobId: string, providers?: GpuProvider[]): Promise<number | null> {
  // Where no cron runs, the alarms sweep.
  if (cloud.config.isDevelopment) await sweepIfDue(cloud, providers);
  const job = await getJob(cloud.db, jobId);
  if (!job) return null;
  if (isFinal(job.state)) {
    await afterJobEnd(cloud, job);
    return null;
  }
  await lookAtJob(cloud, job, providers ? { providers } : {});
  if (job.state === 'queued' && job.notBefore <= cloud.now()) await flushOutbox(cloud);
  const now = await getJob(cloud.db, jobId);
  return now && nextLook(cloud, now);
}

function nextLook(cloud: Cloud, job: Job): number {
  const [nowMs, { tuning }] = [cloud.now(), cloud.config];
  const action = whatToDo(job, nowMs, tuning);
  const due = action.do === 'wait' ? action.at : nowMs;
  const wake = job.state === 'queued' && job.notBefore > nowMs ? job.notBefore : Infinity;
  // Not sooner than in a second, whatever is due, so that trouble cannot turn into a loop.
  return Math.max(nowMs + 1000, Math.min(due, wake, nowMs + tuning.watchSeconds * 1000));
}
