/**
 * Outcome: why a photo was left out, and why nothing could be solved at all, in the closed set of failure codes.
 * Invariant: every photo is either placed or named with one reason; reasons come from what was counted, not from guesses.
 */
import { type Failure, type FailureCode, fail } from '../job/failure.ts';
import type { LeftOut, LeftOutReason } from './contract.ts';
import { connectedGroups, type GraphEdge, matchCount } from './viewGraph.ts';

/** What is known of one photo when solving ends. */
export interface PhotoFacts {
  name: string;
  /** Why it could not be decoded; null when it could. */
  unreadable: string | null;
  features: number;
  /** Much less sharp than the other photos. */
  blurry: boolean;
  placed: boolean;
  /** Placed in another group, which is not used. */
  elsewhere: boolean;
}

export const leastPhotos = 3;
/** Below this many features a photo has nothing to hold on to. */
export const fewFeatures = 150;

interface Support {
  matches: number;
  /** Verified inliers with the best partner. */
  best: number;
  partners: number;
  placedPartners: number;
}

function supportOf(photos: PhotoFacts[], edges: GraphEdge[], rawMatches: Uint32Array): Support[] {
  const support = photos.map((_, i) => ({ matches: rawMatches[i], best: 0, partners: 0, placedPartners: 0 }));
  for (const edge of edges)
    for (const [self, other] of [
      [edge.i, edge.j],
      [edge.j, edge.i],
    ]) {
      support[self].best = Math.max(support[self].best, matchCount(edge));
      support[self].partners++;
      if (photos[other].placed) support[self].placedPartners++;
    }
  return support;
}

const many = (n: number, word: string, plural = `${word}s`): string => `${n} ${n === 1 ? word : plural}`;

function reasonOf(photo: PhotoFacts, { matches, best, partners, placedPartners }: Support): [LeftOutReason, string] {
  if (photo.unreadable !== null) return ['unreadable', photo.unreadable];
  if (photo.elsewhere) return ['another-group', `It belongs to another group of photos, which shares too little with this one.`];
  if (photo.blurry) return ['blurry', `It is much less sharp than the other photos and shows ${many(photo.features, 'feature')}.`];
  if (photo.features < fewFeatures) return ['low-texture', `It shows ${many(photo.features, 'feature')}; ${fewFeatures} are needed.`];
  if (partners === 0)
    return ['too-few-matches', `It has at most ${many(matches, 'match', 'matches')} with any other photo, too few of which agree.`];
  if (placedPartners === 0) return ['another-group', `It agrees with ${many(partners, 'photo')}, but with none that was placed.`];
  return [
    'too-little-overlap',
    `It agrees with ${many(placedPartners, 'placed photo')} in at most ${many(best, 'place')}, too few to tell where it was taken.`,
  ];
}

/** One entry per photo that was not placed. `rawMatches`: by photo, the most matches with any other. */
export function leftOutPhotos(photos: PhotoFacts[], edges: GraphEdge[], rawMatches: Uint32Array): LeftOut[] {
  const support = supportOf(photos, edges, rawMatches);
  return photos.flatMap((photo, i) => {
    if (photo.placed) return [];
    const [reason, detail] = reasonOf(photo, support[i]);
    return [{ photo: photo.name, reason, detail }];
  });
}

const words: Record<LeftOutReason, string> = {
  unreadable: 'unreadable',
  blurry: 'blurred',
  'low-texture': 'with too little detail',
  'too-few-matches': 'with nothing in common with the others',
  'too-little-overlap': 'with too little overlap',
  'another-group': 'in a group of their own',
};

/** What the person is told about a result that lacks photos: `partial`, and `split` when the rest hangs together. */
export function warningsOf(leftOut: LeftOut[], total: number, groups: string[][]): Failure[] {
  if (leftOut.length === 0) return [];
  const reasons = [...new Set(leftOut.map(({ reason }) => reason))].map((reason) => {
    const names = leftOut.filter((each) => each.reason === reason);
    return `${names.length} ${words[reason]}`;
  });
  const photos = leftOut.map(({ photo }) => photo);
  const detail = `${total - leftOut.length} of ${total} photos were placed; left out: ${reasons.join(', ')}.`;
  const warnings: Failure[] = [{ code: 'partial', detail, photos }];
  const others = groups.slice(1).filter((group) => group.length >= leastPhotos);
  if (others.length > 0) {
    const sizes = others.map((group) => group.length).join(', ');
    warnings.push({
      code: 'split',
      detail: `The photos form ${others.length + 1} groups that share nothing; the largest is used. The others have ${sizes} photos.`,
      photos: others.flat(),
    });
  }
  return warnings;
}

const share = (n: number, of: number): string => `${n} of ${of}`;

/** Fewer inliers fit a plane by chance. */
const tellingInliers = 50;

/** One homography explains the pair as well as a baseline does. With an unknown focal length, turning on the spot looks like a plane. */
const showsNoDepth = (edge: GraphEdge): boolean => {
  const { kind, homographyInliers, essentialInliers } = edge.geometry;
  return matchCount(edge) >= tellingInliers && (kind === 'rotation' || homographyInliers >= 0.9 * essentialInliers);
};

/** Why no model came about. */
export function whyNothing(photos: PhotoFacts[], edges: GraphEdge[]): { ok: false; failure: Failure } {
  const readable = photos.filter(({ unreadable }) => unreadable === null);
  const because = (code: FailureCode, detail: string, named: PhotoFacts[] = []) =>
    fail(code, detail, named.length > 0 ? { photos: named.map(({ name }) => name) } : {});
  if (readable.length < leastPhotos) {
    const bad = photos.filter(({ unreadable }) => unreadable !== null);
    const cannot = bad.length > 0 ? ` ${bad.length} cannot.` : '';
    return because('too-few-photos', `${many(readable.length, 'photo')} can be read; at least ${leastPhotos} are needed.${cannot}`, bad);
  }
  const blurry = readable.filter((photo) => photo.blurry);
  const plain = readable.filter(({ features }) => features < fewFeatures);
  if (plain.length > readable.length / 2)
    return because('low-texture', `${share(plain.length, readable.length)} photos show fewer than ${fewFeatures} features.`, plain);
  const turning = edges.filter(showsNoDepth);
  if (turning.length > 0 && turning.length >= edges.length / 2)
    return because(
      'no-baseline',
      `In ${turning.length} of ${many(edges.length, 'photo pair')} the camera only turned, or what they show is flat.`,
    );
  if (blurry.length > readable.length / 2) return because('blurry', `${share(blurry.length, readable.length)} photos are blurred.`, blurry);
  const [largest] = connectedGroups(photos.length, edges);
  if (edges.length === 0) return because('unplaceable', 'No two photos show the same thing in a way that tells where they were taken.');
  return because(
    'unplaceable',
    `Of ${many(edges.length, 'photo pair')} that agree, the largest group has ${many(largest.length, 'photo')}, but no three could be placed with certainty.`,
  );
}

/** Photos that differ this much in brightness look patchy when they are trained on. */
const strongSpread = 0.3;

export function exposureWarning(spread: number): Failure[] {
  if (spread < strongSpread) return [];
  const percent = Math.round(100 * (Math.exp(spread) - 1));
  return [
    { code: 'exposure-shift', detail: `The photos differ in brightness by about ${percent} %; training evens this out as far as it can.` },
  ];
}
