/**
 * Frame choice: which frames of a video to solve. Frames are spread evenly along the path of the picture, not along time, and each is the
 * sharpest of its stretch.
 * Invariant: in order, never more than `most`, and two chosen frames are at least `leastMotion` apart, so that none shows the same again.
 */
export interface FrameCandidate {
  /** Number of the frame in the video. */
  frame: number;
  /** Motion since the first frame (motion.ts), in widths of the image; never falls. */
  path: number;
  /** sharpnessOf the frame (sharpness.ts). */
  sharpness: number;
}

export interface FrameChoiceOptions {
  /** 60 by default. */
  most?: number;
  /** Least motion between chosen frames in widths of the image; 0.03 by default. */
  leastMotion?: number;
}

/** A chosen frame may lie this share of a step further on than it has to, for the sake of sharpness. */
const slack = 0.6;

/** The sharpest of the candidates from `first` on whose path is below `end`; `first` when there is none. */
function sharpest(candidates: FrameCandidate[], first: number, end: number): number {
  let best = first;
  for (let i = first; i < candidates.length && candidates[i].path < end; i++)
    if (candidates[i].sharpness > candidates[best].sharpness) best = i;
  return best;
}

/** Frames at least a step apart. */
function spread(candidates: FrameCandidate[], step: number): FrameCandidate[] {
  const chosen: FrameCandidate[] = [];
  for (let first = 0; first < candidates.length;) {
    const pick = candidates[sharpest(candidates, first, candidates[first].path + slack * step)];
    chosen.push(pick);
    first = candidates.findIndex(({ path }) => path >= pick.path + step);
    if (first < 0) break;
  }
  return chosen;
}

/** Chooses among frames in their order. A video in which nothing moves gives its sharpest frame. */
export function chooseFrames(candidates: FrameCandidate[], options: FrameChoiceOptions = {}): FrameCandidate[] {
  const { most = 60, leastMotion = 0.03 } = options;
  const closest = spread(candidates, leastMotion);
  if (closest.length <= most) return closest;
  let [low, high] = [leastMotion, candidates[candidates.length - 1].path];
  for (let halving = 0; halving < 20; halving++) {
    const step = (low + high) / 2;
    if (spread(candidates, step).length > most) low = step;
    else high = step;
  }
  return spread(candidates, high);
}
