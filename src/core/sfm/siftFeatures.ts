/**
 * From chosen key points with their orientations and descriptors to Features.
 * Invariant: features are ordered by (octave, y, x, level, orientation); what exceeds the most is cut from the least wanted key points.
 */
import { type Features, descriptorSize } from './features.ts';
import { orientationsPerPoint, sigmaOf } from './siftOptions.ts';
import { type Candidates, candidateWords } from './siftSelect.ts';

export interface Described {
  /** [points, 2]: radians; the second only where counts is 2. */
  angles: Float32Array;
  counts: Uint8Array;
  /** [points, 2, 128]. */
  descriptors: Uint8Array;
}

export function featuresOf(
  points: Candidates,
  described: Described,
  widthPx: number,
  heightPx: number,
  most: number,
): Omit<Features, 'colours'> {
  const slots: number[] = [];
  for (let p = 0; p < points.count; p++) for (let a = 0; a < described.counts[p]; a++) slots.push(p * orientationsPerPoint + a);
  const word = (slot: number, w: number) => points.values[Math.floor(slot / orientationsPerPoint) * candidateWords + w];
  const kept = slots.slice(0, most).sort((a, b) => {
    for (const w of [0, 2, 1, 3]) {
      const difference = word(a, w) - word(b, w);
      if (difference !== 0) return difference;
    }
    return a - b;
  });
  const keypoints = new Float32Array(kept.length * 4);
  const descriptors = new Uint8Array(kept.length * descriptorSize);
  kept.forEach((slot, i) => {
    const size = 2 ** word(slot, 0);
    keypoints.set([word(slot, 1) * size + 0.5, word(slot, 2) * size + 0.5, sigmaOf(word(slot, 3)) * size, described.angles[slot]], 4 * i);
    descriptors.set(described.descriptors.subarray(slot * descriptorSize, (slot + 1) * descriptorSize), i * descriptorSize);
  });
  return { widthPx, heightPx, count: kept.length, keypoints, descriptors };
}
