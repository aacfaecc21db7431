/**
 * Failure text: a Failure as a person reads it on a terminal: what happened, the particulars, which photos, what to do.
 * Invariant: every code has its words in the locale file, so nothing is ever printed as a bare code.
 */
import type { Failure } from '../core/job/failure.ts';
import { words } from '../core/job/words.en.ts';

const photosShown = 8;

function photoList(photos: string[]): string {
  const shown = photos.slice(0, photosShown).join(', ');
  return photos.length > photosShown ? `${shown} and ${photos.length - photosShown} more` : shown;
}

/** Several lines, without a newline at the end. `kind` is the first word: an error ends the run, a warning does not. */
export function failureText(kind: 'Error' | 'Warning', failure: Failure): string {
  const { happened, todo } = words[failure.code];
  const lines = [`${kind}: ${happened}`, `  ${failure.detail}`];
  if (failure.file !== undefined && !failure.detail.includes(failure.file)) lines.push(`  File: ${failure.file}`);
  if (failure.photos && failure.photos.length > 0) lines.push(`  Photos: ${photoList(failure.photos)}`);
  lines.push(`  What to do: ${todo}`);
  return lines.join('\n');
}
