/**
 * The verdict on a set of photos in a few figures, and what should be mended before cameras are solved.
 * Invariant: nothing is decided here: the failures are remarks, and the person may go on with three photos and more.
 */
import { type Failure, fail } from '../job/failure.ts';
import type { DropReason, ProjectPhoto } from '../project/project.ts';
import { stopsOf } from './clipping.ts';
import { isReadable } from './photoCheck.ts';

/** Fewer can be solved, but show too little. */
export const fewPhotos = 12;
/** Fewer cannot be solved. */
export const leastPhotos = 3;
const manyBlurry = 0.3;
const strongShiftStops = 2;

export interface PhotoVerdict {
  photos: number;
  /** Photos that are used. */
  kept: number;
  /** Photos marked with each reason, used or not. */
  marked: Record<DropReason, number>;
  cameras: number;
  /** Difference in brightness of the photos in use, without the outermost twentieths, in stops. */
  exposureStops: number;
  /** There are enough photos to go on. */
  canStart: boolean;
  failures: Failure[];
}

/** The value below which a share of the sorted values lies, linear between them. */
function quantile(sorted: number[], share: number): number {
  const at = share * (sorted.length - 1);
  const low = Math.floor(at);
  const high = Math.min(sorted.length - 1, low + 1);
  return sorted[low] + (at - low) * (sorted[high] - sorted[low]);
}

function exposureSpreadStops(photos: ProjectPhoto[]): number {
  const stops = photos.map(({ exposure }) => stopsOf(exposure)).sort((a, b) => a - b);
  return stops.length < 2 ? 0 : quantile(stops, 0.95) - quantile(stops, 0.05);
}

/** A camera that gives no name is known by the size of its photos, upright or across. */
const cameraKey = ({ cameraName, widthPx, heightPx }: ProjectPhoto): string =>
  cameraName ?? `${Math.max(widthPx, heightPx)}x${Math.min(widthPx, heightPx)}`;

function markedBy(photos: readonly ProjectPhoto[]): Record<DropReason, number> {
  const marked: PhotoVerdict['marked'] = { blurry: 0, duplicate: 0, 'too-dark': 0, 'too-bright': 0, unreadable: 0, 'by-hand': 0 };
  for (const { reason } of photos) if (reason) marked[reason]++;
  return marked;
}

const namesOf = (photos: readonly ProjectPhoto[]): string[] => photos.map(({ name }) => name);
const oneDecimal = (n: number): string => n.toFixed(1);

/** The darkest and the brightest photos, those a person would look at first. */
function extremes(photos: ProjectPhoto[]): ProjectPhoto[] {
  const sorted = [...photos].sort((a, b) => a.exposure - b.exposure);
  const each = Math.min(3, sorted.length >> 1);
  return [...sorted.slice(0, each), ...sorted.slice(sorted.length - each)];
}

function failuresOf(photos: readonly ProjectPhoto[], kept: ProjectPhoto[], exposureStops: number): Failure[] {
  const found: Failure[] = [];
  const readable = photos.filter(isReadable);
  const blurry = readable.filter(({ reason }) => reason === 'blurry');
  if (kept.length < fewPhotos) {
    const usable = kept.length === 1 ? '1 photo is usable' : `${kept.length} photos are usable`;
    const needed = kept.length < leastPhotos ? ` At least ${leastPhotos} are needed.` : '';
    found.push(fail('too-few-photos', `${usable}; 40 to 80 work best for one thing, 100 to 200 for a room.${needed}`).failure);
  }
  if (blurry.length > manyBlurry * readable.length) {
    const detail = `${blurry.length} of ${readable.length} photos are much less sharp than those taken before and after them.`;
    found.push(fail('blurry', detail, { photos: namesOf(blurry) }).failure);
  }
  if (exposureStops > strongShiftStops) {
    const detail = `Brightness varies by ${oneDecimal(exposureStops)} stops; below ${strongShiftStops} is good.`;
    found.push(fail('exposure-shift', detail, { photos: namesOf(extremes(kept)) }).failure);
  }
  return found;
}

/** What can be said of the photos as they are chosen now. */
export function verdictOf(photos: readonly ProjectPhoto[]): PhotoVerdict {
  const kept = photos.filter(({ keep }) => keep);
  const exposureStops = exposureSpreadStops(kept);
  return {
    photos: photos.length,
    kept: kept.length,
    marked: markedBy(photos),
    cameras: new Set(kept.map(cameraKey)).size,
    exposureStops,
    canStart: kept.length >= leastPhotos,
    failures: failuresOf(photos, kept, exposureStops),
  };
}
