/**
 * What the screen shows of a run, folded from the worker's messages.
 * Invariant: a pure function of the messages and their times; once `failed`, later messages change nothing but what was saved.
 */
import type { PreviewScene, RunState, SolveSketch, SolveSummary, TrainMessage } from '../../../../workers/protocol.ts';
import type { JobEvent, Stage, TrainFigures } from '../../../core/job/events.ts';
import type { Failure } from '../../../core/job/failure.ts';
import { type EndEstimate, withEstimate } from './timeLeft.ts';

type Progress = Extract<JobEvent, { type: 'progress' }>;

export type Counted = Pick<Progress, 'done' | 'total' | 'unit'>;

/** A run that ended badly: a Failure, or an exception's text when it was a bug. */
export type Trouble = { failure: Failure; keptStep: number | null } | { bug: string };

export interface JobView {
  state: 'preparing' | RunState | 'failed';
  stage: Stage | null;
  progress: (Counted & Pick<Progress, 'stage'>) | null;
  /** How far each stage has come. */
  counts: Partial<Record<Stage, Counted>>;
  /** The run places the cameras itself: it has more stages than one that was given them. */
  solves: boolean;
  /** Cameras and points so far. */
  sketch: SolveSketch | null;
  solved: SolveSummary | null;
  figures: TrainFigures | null;
  endEstimates: EndEstimate[];
  plannedBytes: number | null;
  warnings: Failure[];
  scene: PreviewScene | null;
  /** What a closed tab or a lost GPU would go on from: the step of the newest checkpoint. */
  keptStep: number | null;
  trouble: Trouble | null;
}

export const newJob: JobView = {
  state: 'preparing',
  stage: null,
  progress: null,
  counts: {},
  solves: false,
  sketch: null,
  solved: null,
  figures: null,
  endEstimates: [],
  plannedBytes: null,
  warnings: [],
  scene: null,
  keptStep: null,
  trouble: null,
};

const solvingStages: readonly Stage[] = ['features', 'pairs', 'cameras'];

/** True from the first sign that the cameras are to be solved: a stage of it, or frames taken from a video. */
const solves = (job: JobView, stage: Stage, unit?: Progress['unit']): boolean =>
  job.solves || unit === 'frames' || solvingStages.includes(stage);

function withProgress(job: JobView, event: Progress, nowMs: number): JobView {
  const { stage, done, total, unit, secondsLeft } = event;
  return {
    ...job,
    stage,
    progress: { stage, done, total, unit },
    counts: { ...job.counts, [stage]: { done, total, unit } },
    solves: solves(job, stage, unit),
    figures: event.figures ?? job.figures,
    endEstimates: secondsLeft === null ? [] : withEstimate(job.endEstimates, secondsLeft, nowMs),
  };
}

/** Whatever was under way, the bar now tells the steps, and the estimates are void: the clock they ran on has stopped or begun anew. */
function withState(job: JobView, { state, step, totalSteps }: Extract<TrainMessage, { type: 'state' }>): JobView {
  const counted: Counted = { done: step, total: totalSteps, unit: 'steps' };
  return { ...job, state, progress: { stage: 'train', ...counted }, counts: { ...job.counts, train: counted }, endEstimates: [] };
}

function withEvent(job: JobView, event: JobEvent, nowMs: number): JobView {
  switch (event.type) {
    case 'stage-started':
      return { ...job, stage: event.stage, progress: null, solves: solves(job, event.stage), endEstimates: [] };
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
    case 'solve-snapshot':
      return { ...job, sketch: message.sketch };
    case 'solved':
      return { ...job, solved: message.summary };
    case 'scene':
      return { ...job, scene: message.scene };
    case 'state':
      return withState(job, message);
    case 'kept':
      return message.what === 'checkpoint' && message.at ? { ...job, keptStep: message.at.step } : job;
    case 'failed':
      return { ...job, state: 'failed', trouble: { failure: message.failure, keptStep: message.keptStep } };
    case 'crashed':
      return { ...job, state: 'failed', trouble: { bug: message.detail } };
    case 'saved':
    case 'save-failed':
    case 'photo':
    case 'photo-failed':
      return job;
  }
}
