/**
 * The run that is under way in this tab: its worker, what it has said so far, and what that means for the project's record.
 * Invariant: there is at most one, it holds the run lock while it lives, and it lives on while the person looks at other rooms.
 */
import type { Project } from '../../core/project/project.ts';
import { type JobView, newJob, reduceJob } from '../features/train/jobView.ts';
import { trainOptions } from '../features/train/trainForm.ts';
import { type TrainClient, createTrainClient } from '../services/trainClient.ts';
import type { Journey } from './journey.svelte.ts';
import { runFiles } from './projectBytes.ts';
import { newsOf } from './projectNews.ts';
import { type RunLock, takeRunLock } from '../services/runLock.ts';

type Controls = Pick<TrainClient, 'pause' | 'resume' | 'stop' | 'cancel' | 'trainLonger'>;

export interface LiveRun {
  readonly project: Project;
  readonly client: TrainClient;
  /** Pausing and going on. What goes on waits for the lock; `isHeldUp` tells that another tab has it. */
  readonly controls: Controls;
  readonly job: JobView;
  /** The GPU is at work. */
  readonly isBusy: boolean;
  readonly isHeldUp: boolean;
  /** The canvas the worker draws into; the run begins with it. */
  begin(canvas: OffscreenCanvas): void;
  /** Resolves when the lock is free. */
  dispose(): Promise<void>;
}

/** At rest the GPU is free for another tab. */
const restStates: readonly JobView['state'][] = ['finished', 'stopped', 'failed'];

export function createLiveRun(journey: Journey, project: Project, firstLock: RunLock): LiveRun {
  let job = $state.raw<JobView>(newJob);
  let isHeldUp = $state(false);
  let lock: RunLock | null = firstLock;
  let ended = false;
  /** One change of the record after another, in the order of their messages. */
  let recording: Promise<unknown> = Promise.resolve();

  const giveBack = (): Promise<void> => {
    const released = lock?.release() ?? Promise.resolve();
    lock = null;
    return released;
  };

  const client = createTrainClient((message) => {
    if (ended) return;
    job = reduceJob(job, message, performance.now());
    // Nothing of a broken worker can be relied on, and it would train on with the GPU that the next run needs.
    if (message.type === 'crashed' && job.trouble && 'bug' in job.trouble) client.dispose();
    if (restStates.includes(job.state)) void giveBack();
    const news = newsOf(message, job);
    if (news) recording = recording.then(() => journey.change(project.id, news));
  });

  /** Does something for which the GPU is needed, once no other tab has it. */
  async function withLock(goOn: () => void): Promise<void> {
    lock ??= await takeRunLock();
    isHeldUp = lock === null;
    if (lock && !ended) goOn();
    else if (ended) void giveBack();
  }

  async function begin(canvas: OffscreenCanvas): Promise<void> {
    const files = await runFiles(project);
    if (ended) return;
    const { id, options, source } = project;
    const projectId = journey.store.keeps ? id : null;
    client.start({ files, options: trainOptions(options), video: source === 'video', projectId, canvas });
  }

  return {
    project,
    client,
    controls: {
      pause: () => client.pause(),
      stop: () => client.stop(),
      cancel: () => client.cancel(),
      resume: () => void withLock(() => client.resume()),
      trainLonger: (steps) => void withLock(() => client.trainLonger(steps)),
    },
    get job() {
      return job;
    },
    get isBusy() {
      return job.state === 'preparing' || job.state === 'running';
    },
    get isHeldUp() {
      return isHeldUp;
    },
    begin: (canvas) => void begin(canvas),
    dispose() {
      ended = true;
      client.dispose();
      return giveBack();
    },
  };
}
