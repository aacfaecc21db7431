/**
 * Tracks: key points of different photos that show the same place, joined by union-find over the verified matches (Moulon and Monasse
 * 2012): first the matches that a third photo confirms, then the rest, each from the best supported pairs down.
 * Invariant: a track holds one feature per photo; a match that would put two features of one photo more than `samePlacePx` apart into one
 * track is refused.
 */
import { type ViewGraph, matchCount } from './viewGraph.ts';

export interface Tracks {
  count: number;
  /** Observations of track t are [start[t], start[t + 1]) of `image` and `feature`, ordered by image. */
  start: Uint32Array;
  image: Uint32Array;
  feature: Uint32Array;
  /** By image: the track of each feature, -1 for none. */
  trackOf: Int32Array[];
  /** Matches refused because they contradict better ones. */
  refused: number;
}

const samePlacePx = 4;

/** Joins the matches of all edges. Tracks are numbered by their first observation. */
export function buildTracks({ images, edges }: ViewGraph): Tracks {
  const offsets = new Uint32Array(images.length + 1);
  for (let i = 0; i < images.length; i++) offsets[i + 1] = offsets[i] + images[i].count;
  const total = offsets[images.length];
  const parent = Int32Array.from({ length: total }, (_, i) => i);
  /** Members by root, only for roots of more than one: image -> global feature index. */
  const members = new Map<number, Map<number, number>>();
  const imageOf = new Uint32Array(total);
  for (let i = 0; i < images.length; i++) imageOf.fill(i, offsets[i], offsets[i + 1]);

  const root = (node: number): number => {
    while (parent[node] !== node) node = parent[node] = parent[parent[node]];
    return node;
  };
  const membersOf = (node: number): Map<number, number> => members.get(node) ?? new Map([[imageOf[node], node]]);
  const apart = (a: number, b: number): boolean => {
    const [image, first] = [images[imageOf[a]], offsets[imageOf[a]]];
    const dx = image.xy[2 * (a - first)] - image.xy[2 * (b - first)];
    const dy = image.xy[2 * (a - first) + 1] - image.xy[2 * (b - first) + 1];
    return dx * dx + dy * dy > samePlacePx * samePlacePx;
  };
  const contradict = (small: Map<number, number>, large: Map<number, number>): boolean => {
    for (const [image, node] of small) {
      const other = large.get(image);
      if (other !== undefined && apart(node, other)) return true;
    }
    return false;
  };

  let refused = 0;
  const joinMatch = (nodeA: number, nodeB: number): void => {
    const [a, b] = [root(nodeA), root(nodeB)];
    if (a === b) return;
    const [ma, mb] = [membersOf(a), membersOf(b)];
    const [small, large, from, into] = ma.size < mb.size ? [ma, mb, a, b] : [mb, ma, b, a];
    if (contradict(small, large)) {
      refused++;
      return;
    }
    parent[from] = into;
    for (const [image, node] of small) if (!large.has(image)) large.set(image, node);
    members.delete(from);
    members.set(into, large);
  };
  const byStrength = [...edges].sort((a, b) => matchCount(b) - matchCount(a) || a.i - b.i || a.j - b.j);
  const confirmed = createConfirmation(byStrength, offsets);
  for (const wanted of [true, false])
    for (const { i, j, matches } of byStrength)
      for (let m = 0; m < matches.length; m += 2) {
        const [a, b] = [offsets[i] + matches[m], offsets[j] + matches[m + 1]];
        if (confirmed(a, b) === wanted) joinMatch(a, b);
      }
  return collect(
    members,
    offsets,
    images.map(({ count }) => count),
    refused,
  );
}

/** Tells whether some third feature matches both ends of a match: chance matches seldom close a triangle. */
function createConfirmation(edges: ViewGraph['edges'], offsets: Uint32Array): (a: number, b: number) => boolean {
  const partners = new Map<number, number[]>();
  const add = (from: number, to: number): void => {
    const known = partners.get(from);
    if (known) known.push(to);
    else partners.set(from, [to]);
  };
  for (const { i, j, matches } of edges)
    for (let m = 0; m < matches.length; m += 2) {
      add(offsets[i] + matches[m], offsets[j] + matches[m + 1]);
      add(offsets[j] + matches[m + 1], offsets[i] + matches[m]);
    }
  return (a, b) => {
    const [of, others] = [partners.get(a)!, partners.get(b)!];
    return of.some((third) => third !== b && others.includes(third));
  };
}

function collect(members: Map<number, Map<number, number>>, offsets: Uint32Array, counts: number[], refused: number): Tracks {
  const lists = [...members.values()].map((track) => [...track.values()].sort((a, b) => a - b)).sort((a, b) => a[0] - b[0]);
  const start = new Uint32Array(lists.length + 1);
  for (let t = 0; t < lists.length; t++) start[t + 1] = start[t] + lists[t].length;
  const image = new Uint32Array(start[lists.length]);
  const feature = new Uint32Array(start[lists.length]);
  const trackOf = counts.map((count) => new Int32Array(count).fill(-1));
  let at = 0;
  for (let t = 0; t < lists.length; t++) {
    let owner = 0;
    for (const node of lists[t]) {
      while (node >= offsets[owner + 1]) owner++;
      image[at] = owner;
      feature[at] = node - offsets[owner];
      trackOf[owner][feature[at]] = t;
      at++;
    }
  }
  return { count: lists.length, start, image, feature, trackOf, refused };
}
