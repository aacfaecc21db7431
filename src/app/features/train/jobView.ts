/**
 * What the screen shows of a run, folded from the worker's messages.
 * Invariant: a pure function of the messages and their times; once `failed`, later messages change nothing but what was saved.
 */
import type { PreviewScene, RunState, TrainMessage } from '../../../../workers/protocol.ts';
import type { JobEvent, Stage, TrainFigures } from '../../../core/job/events.ts';
import type { Failure } from '../../../core/job/failure.ts';
import { type EndEstimate, withEstimate } from './timeLeft.ts';

type Progress = Extract<JobEvent, { type: 'progress' }>;

/** A run that ended badly: a Failure, or an exception's text when it was a bug. */
export type Trouble = { failure: Failure; keptStep: number | null } | { bug: string };

export interface JobView {
  state: 'preparing' | RunState | 'failed';
  stage: Stage | null;
  progress: Pick<Progress, 'stage' | 'done' | 'total' | 'unit'> | null;
  figures: TrainFigures | null;
  endEstimates: EndEstimate[];
  plannedBytes: number | null;
  warnings: Failure[];
  scene: PreviewScene | null;
  trouble: Trouble | null;
}

export const newJob: JobView = {
  state: 'preparing',
  stage: null,
  progress: null,
  figures: null,
  endEstimates: [],
  plannedBytes: null,
  warnings: [],
  scene: null,
  trouble: null,
};

function withProgress(job: JobView, event: Progress, nowMs: number): JobView {
  const { stage, done, total, unit, secondsLeft } = event;
  return {
    ...job,
    stage,
    progress: { stage, done, total, unit },
    figures: event.figures ?? job.figures,
    endEstimates: secondsLeft === null ? [] : withEstimate(job.endEstimates, secondsLeft, nowMs),
  };
}

/** Whatever was under way, the bar now tells the steps, and the estimates are void: the clock they ran on has stopped or begun anew. */
function withState(job: JobView, { state, step, totalSteps }: Extract<TrainMessage, { type: 'state' }>): JobView {
  return { ...job, state, progress: { stage: 'train', done: step, total: totalSteps, unit: 'steps' }, endEstimates: [] };
}

function withEvent(job: JobView, event: JobEvent, nowMs: number): JobView {
  switch (event.type) {
    case 'stage-started':
      return { ...job, stage: event.stage, progress: null, endEstimates: [] };
    case 'progress':
      return withProgress(job, event, nowMs);
    case 'memory-planned':
      return { ...job, plannedBytes: event.bytes };
    case 'warning':
      return { ...job, warnings: [...job.warnings, event.failure] };
    case 'failed':
      return { ...job, state: 'failed', trouble: { failure: event.failure, keptStep: null } };
    case 'preview-ready':
    case 'finished':
      return job;
  }
}

/** The next view of the run. `nowMs` is when the message arrived. */
export function reduceJob(job: JobView, message: TrainMessage, nowMs: number): JobView {
  if (job.state === 'failed') return job;
  switch (message.type) {
    case 'event':
      return withEvent(job, message.event, nowMs);
    case 'scene':
      return { ...job, scene: message.scene };
    case 'state':
      return withState(job, message);
    case 'failed':
      return { ...job, state: 'failed', trouble: { failure: message.failure, keptStep: message.keptStep } };
    case 'crashed':
      return { ...job, state: 'failed', trouble: { bug: message.detail } };
    case 'ready':
    case 'saved':
    case 'save-failed':
      return job;
  }
}
