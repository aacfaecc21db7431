/**
 * The check of photos before any heavy work: which are blurred, doubled, too dark or too bright, and are left out unless the person wants them.
 * Invariant: every photo comes back; at most a third is left out and three always stay, however bad they are: those beyond are marked with
 * their reason and kept. Photos the person has seen before keep their choice.
 */
import type { DropReason, ProjectPhoto } from '../project/project.ts';
import type { GreyImage } from '../sfm/grey.ts';
import { stopsOf } from './clipping.ts';
import { duplicatesAmong } from './photoCheckDuplicates.ts';
import { captureOrder } from './photoOrder.ts';
import { neighbourMedians, relativeSharpness } from './relativeSharpness.ts';
import { blurryPhotos } from './sharpness.ts';

/** A photo with nearly all of it at one end of the range shows nothing. */
const allClipped = 0.95;
/** Dark beside its neighbours: so dark, and so many stops below them. */
const darkExposure = 0.1;
const darkStops = 3;
/** Bright beside its neighbours: more than half of it white, of which they have next to nothing. */
const brightExposure = 0.85;
const brightClipped = 0.5;
const brightClippedAround = 0.1;

/** A splat needs photos from three places. */
const leastKept = 3;
const mostDroppedShare = 1 / 3;

interface Finding {
  reason: DropReason;
  duplicateOf?: string;
}

export const isReadable = ({ sharpness }: Pick<ProjectPhoto, 'sharpness'>): boolean => Number.isFinite(sharpness);

/** By place, in order of capture: too dark, too bright, or neither. */
function badlyExposed(photos: ProjectPhoto[]): (DropReason | null)[] {
  const finite = (value: (photo: ProjectPhoto) => number): number[] => photos.map((photo) => (isReadable(photo) ? value(photo) : NaN));
  const stops = neighbourMedians(finite(({ exposure }) => stopsOf(exposure)));
  const clipped = neighbourMedians(finite(({ clippedBright }) => clippedBright));
  return photos.map(({ exposure, clippedDark, clippedBright }, i) => {
    if (clippedDark > allClipped || (exposure < darkExposure && stops[i] - stopsOf(exposure) > darkStops)) return 'too-dark';
    const bright = exposure > brightExposure && clippedBright > brightClipped && clipped[i] < brightClippedAround;
    return clippedBright > allClipped || bright ? 'too-bright' : null;
  });
}

/** What is wrong with each photo, in order of capture. Those of `settled` are rather kept than the others when they repeat each other. */
function findings(photos: ProjectPhoto[], greys: (GreyImage | null)[], settled: boolean[]): (Finding | null)[] {
  const exposed = badlyExposed(photos);
  const blurry = blurryPhotos(photos.map(({ sharpness }, i) => (exposed[i] ? NaN : sharpness)));
  const found = photos.map((photo, i): Finding | null => {
    if (!isReadable(photo)) return { reason: 'unreadable' };
    const reason = exposed[i] ?? (blurry[i] ? 'blurry' : null);
    return reason && { reason };
  });
  const rank = (i: number): number => (settled[i] && photos[i].keep ? Infinity : photos[i].sharpness);
  const ranked = photos.flatMap((photo, i) => ((settled[i] ? photo.keep : !found[i]) ? [i] : []));
  ranked.sort((a, b) => (rank(a) === rank(b) ? a - b : rank(b) - rank(a)));
  const repeated = duplicatesAmong(greys, ranked);
  return found.map((each, i) => (repeated[i] < 0 ? each : { reason: 'duplicate', duplicateOf: photos[repeated[i]].name }));
}

/** The surer the earlier. */
const certainty: DropReason[] = ['too-dark', 'too-bright', 'duplicate', 'blurry'];

/** Which of the marked photos are left out: as many as may be, the surest and the least sharp first. */
function leftOut(photos: ProjectPhoto[], marked: { place: number; finding: Finding }[], settled: boolean[]): Set<number> {
  const readable = photos.filter(isReadable).length;
  const before = photos.filter((photo, i) => settled[i] && isReadable(photo) && !photo.keep).length;
  const most = Math.max(0, Math.min(Math.floor(readable * mostDroppedShare), readable - leastKept) - before);
  const sure = ({ place, finding }: (typeof marked)[0]): number =>
    certainty.indexOf(finding.reason) + photos[place].relativeSharpness / 1e3;
  return new Set(
    [...marked]
      .sort((a, b) => sure(a) - sure(b))
      .slice(0, most)
      .map(({ place }) => place),
  );
}

function judgedInOrder(photos: ProjectPhoto[], greys: (GreyImage | null)[], settled: boolean[]): ProjectPhoto[] {
  const relative = relativeSharpness(photos.map(({ sharpness }) => sharpness));
  const measured = photos.map((photo, i) => ({ ...photo, relativeSharpness: relative[i] }));
  const found = findings(measured, greys, settled);
  const marked = found.flatMap((finding, place) =>
    finding && !settled[place] && finding.reason !== 'unreadable' ? [{ place, finding }] : [],
  );
  const out = leftOut(measured, marked, settled);
  return measured.map((photo, i) => {
    if (settled[i]) return photo;
    const finding = found[i];
    const rest = { ...photo };
    delete rest.duplicateOf;
    if (!finding) return { ...rest, keep: true, reason: null };
    return { ...rest, ...finding, keep: finding.reason !== 'unreadable' && !out.has(i) };
  });
}

/**
 * The photos with their relative sharpness, and the new ones with what is wrong with them. `greys` by photo id, 64 px wide; a photo without
 * one repeats nothing. `settled` are the ids of photos whose keep and reason stay as they are.
 */
export function judgePhotos(
  photos: readonly ProjectPhoto[],
  greys: ReadonlyMap<string, GreyImage>,
  settled: ReadonlySet<string> = new Set(),
): ProjectPhoto[] {
  const order = captureOrder(photos);
  const inOrder = order.map((i) => photos[i]);
  const judged = judgedInOrder(
    inOrder,
    inOrder.map(({ id }) => greys.get(id) ?? null),
    inOrder.map(({ id }) => settled.has(id)),
  );
  const back: ProjectPhoto[] = new Array<ProjectPhoto>(photos.length);
  order.forEach((place, i) => (back[place] = judged[i]));
  return back;
}
