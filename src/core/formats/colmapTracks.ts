/**
 * Tracks: which key points of which views show each point, gathered from the observations of the views.
 * Invariant: elements of a track come in the order of the views, then of their key points; every observation of a point is in one track.
 */
import type { ViewObservations } from '../sfm/contract.ts';

export interface Tracks {
  /** [points + 1]: where the elements of each point begin. */
  starts: Uint32Array;
  /** [elements]: index of the view and of its key point. */
  views: Uint32Array;
  keypoints: Uint32Array;
}

/** The tracks of `count` points. Observations of points that do not exist are passed over. */
export function tracksOf(observations: ViewObservations[], count: number): Tracks {
  const starts = new Uint32Array(count + 1);
  const exists = (point: number): boolean => point >= 0 && point < count;
  for (const { point } of observations) for (const each of point) if (exists(each)) starts[each + 1]++;
  for (let i = 0; i < count; i++) starts[i + 1] += starts[i];
  const next = starts.slice(0, count);
  const views = new Uint32Array(starts[count]);
  const keypoints = new Uint32Array(starts[count]);
  observations.forEach(({ point }, view) => {
    for (let k = 0; k < point.length; k++) {
      if (!exists(point[k])) continue;
      const at = next[point[k]]++;
      views[at] = view;
      keypoints[at] = k;
    }
  });
  return { starts, views, keypoints };
}
