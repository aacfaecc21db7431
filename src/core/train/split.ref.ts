/**
 * CPU twin of the split in shaders/train/refine_split.wgsl: one splat becomes n that stand evenly along its longest axis.
 * Invariant: the spread of the n copies together along that axis is that of the one.
 */
export interface SplitCopies {
  /** Opacity of each copy: 1 - (1 - o)^(1 / sqrt(n)), since n copies of 1 / sqrt(n) the length lie sqrt(n) deep over one another. */
  opacity: number;
  /** Standard deviation of each copy along the axis. */
  scale: number;
  /** [n], places of the copies along the axis, from the splat's centre. */
  offsets: number[];
}

/** opacity in (0, 1); scale: standard deviation along the longest axis; copies >= 2, the original included. */
export function splitRef(opacity: number, scale: number, copies: number): SplitCopies {
  // n places of even spacing d have variance d^2 (n^2 - 1) / 12, and have to make up for s^2 - s^2 / n.
  const spacing = scale * Math.sqrt((12 * (1 - 1 / copies)) / (copies * copies - 1));
  return {
    opacity: 1 - (1 - opacity) ** (1 / Math.sqrt(copies)),
    scale: scale / Math.sqrt(copies),
    offsets: Array.from({ length: copies }, (_, rank) => spacing * (rank - (copies - 1) / 2)),
  };
}
