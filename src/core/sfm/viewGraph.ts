/**
 * View graph: photos as nodes, verified pairs as edges; what mapping starts from.
 * Invariant: i < j for every edge; positions are measured from the principal point, so photos of one camera share a lens however they
 * were held.
 */
import type { Lens } from './lens.ts';
import type { PairGeometry } from './pairGeometry.ts';

export interface GraphImage {
  name: string;
  /** Camera group: index into `lenses`. */
  group: number;
  /** Size of the working image, px. */
  widthPx: number;
  heightPx: number;
  /** Features. */
  count: number;
  /** [count, 2]: px from the principal point. */
  xy: Float64Array;
}

export interface GraphEdge {
  i: number;
  j: number;
  /** [m, 2]: features of i and j that the pair's geometry agrees with. */
  matches: Uint32Array;
  geometry: PairGeometry;
}

/** A lens with cx = cy = 0 and how far its focal length is known. */
export interface GroupLens extends Lens {
  /** Held as it is. */
  given: boolean;
  /** Standard deviation of log(f / start) that the start deserves. */
  sigmaLogFocal: number;
}

export interface ViewGraph {
  images: GraphImage[];
  edges: GraphEdge[];
  /** By camera group. */
  lenses: GroupLens[];
}

export const matchCount = (edge: GraphEdge): number => edge.matches.length / 2;

/** Images by connected component, the largest first, each in ascending order. Only the given edges connect. */
export function connectedGroups(imageCount: number, edges: readonly Pick<GraphEdge, 'i' | 'j'>[]): number[][] {
  const parent = Int32Array.from({ length: imageCount }, (_, i) => i);
  const root = (i: number): number => {
    while (parent[i] !== i) i = parent[i] = parent[parent[i]];
    return i;
  };
  for (const { i, j } of edges) parent[Math.max(root(i), root(j))] = Math.min(root(i), root(j));
  const groups = new Map<number, number[]>();
  for (let i = 0; i < imageCount; i++) groups.set(root(i), [...(groups.get(root(i)) ?? []), i]);
  return [...groups.values()].sort((a, b) => b.length - a.length || a[0] - b[0]);
}
