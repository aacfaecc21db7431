/**
 * The steps from photos to a scene, and how far each is.
 * Invariant: at most one step is under way; the steps before it are done and those after it wait.
 */
import type { Stage } from '../../../core/job/events.ts';
import type { Counted, JobView } from '../train/jobView.ts';

export const timelineSteps = ['photos', 'matches', 'cameras', 'training'] as const;
export type TimelineStep = (typeof timelineSteps)[number];

export interface StepView {
  step: TimelineStep;
  state: 'done' | 'now' | 'waiting';
  /** Null before the step has begun. */
  counted: Counted | null;
}

/** The stages that make up each step, in order. */
const stagesOf: Record<TimelineStep, Stage[]> = {
  photos: ['read', 'features'],
  matches: ['pairs'],
  cameras: ['cameras'],
  training: ['photos', 'train', 'evaluate', 'save'],
};
/** The stage whose count stands for the step; others are said in the line below. */
const countOf: Record<TimelineStep, Stage> = { photos: 'features', matches: 'pairs', cameras: 'cameras', training: 'train' };

/** The steps of a run that solves its cameras. */
export function timelineOf({ stage, state, counts }: Pick<JobView, 'stage' | 'state' | 'counts'>): StepView[] {
  const over = state === 'finished' || state === 'stopped';
  const at = over ? timelineSteps.length : timelineSteps.findIndex((step) => stage !== null && stagesOf[step].includes(stage));
  return timelineSteps.map((step, i) => ({
    step,
    state: i < at ? 'done' : i === at ? 'now' : 'waiting',
    counted: (i <= at && (counts[countOf[step]] ?? (step === 'photos' ? counts.read : null))) || null,
  }));
}
