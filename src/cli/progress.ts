/**
 * Progress: one progress event as a line of text, as a bar for a terminal or plainly for a log.
 * Invariant: a bar is never wider than the columns it is given, so that it can be redrawn in place.
 */
import type { JobEvent, Stage, TrainFigures } from '../core/job/events.ts';
import { formatCount, formatDuration } from './numbersInWords.ts';

export type ProgressEvent = Extract<JobEvent, { type: 'progress' }>;

const stageWords: Record<Stage, string> = {
  read: 'Reading',
  features: 'Finding features',
  pairs: 'Comparing photos',
  cameras: 'Placing cameras',
  photos: 'Preparing photos',
  train: 'Training',
  evaluate: 'Scoring held-out photos',
  save: 'Saving',
};

export const stageTitle = (stage: Stage): string => stageWords[stage];

const fractionOf = (event: ProgressEvent): number => (event.total > 0 ? Math.min(1, Math.max(0, event.done / event.total)) : 0);

/** Only 100 % is ever shown as 100. */
const percent = (event: ProgressEvent): string => `${Math.floor(fractionOf(event) * 100)} %`;

const counts = (event: ProgressEvent): string => `${formatCount(event.done)}/${formatCount(event.total)} ${event.unit}`;

const timeLeft = (event: ProgressEvent): string[] =>
  event.secondsLeft === null || event.done >= event.total ? [] : [`${formatDuration(event.secondsLeft)} left`];

const rate = (stepsPerSecond: number): string => `${stepsPerSecond.toFixed(stepsPerSecond < 10 ? 1 : 0)} steps/s`;

/** What is measured, most telling first: a narrow terminal drops from the end. */
function figureWords(figures: TrainFigures): string[] {
  const words = [`${formatCount(figures.splats)} splats`];
  if (figures.heldOutPsnrDb !== null) words.push(`held-out PSNR ${figures.heldOutPsnrDb.toFixed(1)} dB`);
  if (figures.trainPsnrDb !== null) words.push(`PSNR ${figures.trainPsnrDb.toFixed(1)} dB`);
  if (figures.loss !== null) words.push(`loss ${figures.loss.toFixed(4)}`);
  if (figures.stepsPerSecond > 0) words.push(rate(figures.stepsPerSecond));
  return words;
}

/** A line for a log: stage, counts, time left and all figures. */
export function formatProgressLine(event: ProgressEvent): string {
  const figures = event.figures ? figureWords(event.figures) : [];
  return [`${stageTitle(event.stage)}: ${counts(event)} (${percent(event)})`, ...figures, ...timeLeft(event)].join(', ');
}

const barCells = 20;
const gap = '  ';

function drawBar(fraction: number): string {
  const full = Math.floor(fraction * barCells);
  return `[${'█'.repeat(full)}${'░'.repeat(barCells - full)}]`;
}

/** A bar of at most `columns` - 1 characters (the last column makes some terminals wrap). What does not fit is left out, least telling first. */
export function formatProgressBar(event: ProgressEvent, columns: number): string {
  const title = stageTitle(event.stage);
  const bar = drawBar(fractionOf(event));
  const figures = event.figures ? figureWords(event.figures) : [];
  const byWeight = [title, percent(event), ...timeLeft(event), counts(event), bar, ...figures];
  const kept = new Set<string>();
  let length = -gap.length;
  for (const part of byWeight) {
    length += gap.length + part.length;
    if (length > columns - 1) break;
    kept.add(part);
  }
  const inOrder = [title, bar, percent(event), counts(event), ...figures, ...timeLeft(event)];
  return inOrder.filter((part) => kept.has(part)).join(gap);
}
