/**
 * Taking a trainer's events.
 * Invariant: an event counts once, however often and in whatever order it is delivered; each call of the holder renews the lease.
 */
import type { CloudProgress } from '../../src/core/job/cloudApi.ts';
import type { JobEvent, Stage } from '../../src/core/job/events.ts';
import type { EventsAnswer, TrainerEvent } from '../../src/core/job/trainerApi.ts';
import type { Cloud } from '../cloud.ts';
import { type JobState, heldStates, isFinal, jobMoves, moveOfStage } from '../policy/jobMachine.ts';
import { noteTaken } from '../store/claims.ts';
import { count } from '../store/counters.ts';
import { type Job, getJob, move, progressOf } from '../store/jobs.ts';
import { roomOf } from '../store/rooms.ts';

const isHeld = ({ state }: Job): boolean => (heldStates as readonly JobState[]).includes(state);

/** Those that are new, in order, each once. A gap is no matter: what is missing was dropped by the trainer or comes too late. */
export function freshEvents(events: readonly TrainerEvent[], lastSeq: number): TrainerEvent[] {
  const bySeq = new Map<number, TrainerEvent>();
  for (const event of events) if (event.seq > lastSeq && !bySeq.has(event.seq)) bySeq.set(event.seq, event);
  return [...bySeq.values()].sort((a, b) => a.seq - b.seq);
}

interface Snapshot {
  stage: Stage | null;
  progress: CloudProgress | null;
}

function after({ stage, progress }: Snapshot, event: JobEvent): Snapshot {
  if (event.type === 'stage-started') return { stage: event.stage, progress: null };
  if (event.type !== 'progress') return { stage, progress };
  const { done, total, unit, secondsLeft } = event;
  return { stage: event.stage, progress: { done, total, unit, secondsLeft } };
}

/** The stage's move, where the job is in a state that it leaves from. */
async function moveOn(cloud: Cloud, job: Job, fresh: readonly TrainerEvent[]): Promise<void> {
  const kinds = fresh.flatMap(({ event }) => ('stage' in event ? (moveOfStage(event.stage) ?? []) : []));
  const kind = kinds.at(-1);
  if (kind && (jobMoves[kind].from as readonly JobState[]).includes(job.state)) await move(cloud, job, kind);
}

/** How a job ends is told by complete and fail; here it would be hearsay. */
async function tellRoom(cloud: Cloud, job: Job, fresh: readonly TrainerEvent[]): Promise<void> {
  const events = fresh.map(({ event }) => event).filter(({ type }) => type !== 'finished' && type !== 'failed');
  if (events.length === 0) return;
  try {
    await roomOf(cloud, job.id).publish(events);
  } catch (error) {
    // The row has the stage and the progress; what is lost is a line of the log.
    cloud.log.warn('room-not-told', { jobId: job.id, error: String(error) });
  }
}

/** @returns null when nobody holds the attempt, or it is over and another has begun */
export async function takeEvents(cloud: Cloud, given: Job, events: readonly TrainerEvent[]): Promise<EventsAnswer | null> {
  for (let job: Job | null = given; job?.attempt === given.attempt; job = await getJob(cloud.db, given.id)) {
    if (isFinal(job.state)) return { cancel: true, leaseUntil: job.leaseUntil ?? cloud.now(), lastSeq: job.trainerSeq };
    if (!isHeld(job)) return null;
    const fresh = freshEvents(events, job.trainerSeq);
    const snapshot = fresh.reduce<Snapshot>((so, { event }) => after(so, event), { stage: job.stage, progress: progressOf(job) });
    const seq = { from: job.trainerSeq, to: fresh.at(-1)?.seq ?? job.trainerSeq };
    const taken = await noteTaken(cloud, job, { seq, ...snapshot });
    if (!taken) {
      // Another delivery came in between, or the job has changed: look again.
      count(cloud, 'job_stale', 'events');
      continue;
    }
    await moveOn(cloud, taken, fresh);
    await tellRoom(cloud, taken, fresh);
    return { cancel: taken.cancelAskedAt !== null, leaseUntil: taken.leaseUntil ?? 0, lastSeq: taken.trainerSeq };
  }
  return null;
}
