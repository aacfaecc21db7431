/**
 * Floaters: splats that hang in the air where nothing is, left over from training. Each splat gets a score from 0 (part of a surface) to 1
 * out of four signs, each 0..1:
 *
 *   lonely  how far its 8th neighbour is, in median spacings of the scene (or in its own sizes, where it is large: coarse background
 *           splats lie as far apart as they are large): 0 up to 2.5 times, 1 from 20 times on, by the logarithm
 *   faint   its opacity: 0 from a half on, 1 at none
 *   large   its largest axis in medians: 0 up to 6 times, 1 from 60 times on, by the logarithm
 *   far     its distance from the robust box in scene radii: 0 up to one, 1 from four on
 *
 *   score = 1 - (1 - 0.75 lonely) (1 - 0.5 far) (1 - 0.45 faint large) (1 - 0.3 faint lonely)
 *
 * A giant, whose largest axis is more than twice the scene's radius and more than half its distance from the scene's middle (a sky's splats
 * are large because they are far), scores 1.
 * Invariant: strength 0 removes nothing; what a strength removes, every higher one removes too; the same splats give the same scores.
 */
import type { SplatBits } from './operations.ts';
import { bitsOf } from './bits.ts';
import type { EditableSplats } from './editedState.ts';
import { type RobustBox, medianOfSample, robustBox } from './robustBox.ts';
import { spacingOf } from './spacing.ts';

const neighbour = 8;
/** Finest spacing that is told apart, in scene radii. */
const finestShare = 1 / 400;
/** Scores above 1 minus this share of the strength go: even at full strength a splat needs some sign against it. */
const fullStrength = 0.92;
const giantRadii = 2;
const giantAngle = 0.5;

const clamp01 = (x: number): number => (x > 0 ? (x < 1 ? x : 1) : 0);
/** 0 up to `from`, 1 from `to` on, by the logarithm between. */
const rise = (x: number, from: number, to: number): number => clamp01(Math.log(x / from) / Math.log(to / from));

function distanceToBox({ low, high }: RobustBox, means: Float32Array, i: number): number {
  let sum = 0;
  for (let k = 0; k < 3; k++) sum += Math.max(low[k] - means[3 * i + k], 0, means[3 * i + k] - high[k]) ** 2;
  return Math.sqrt(sum);
}

/** Largest axis of every splat, one standard deviation. */
function largestAxes({ count, logScales }: EditableSplats): Float32Array {
  const out = new Float32Array(count);
  for (let i = 0; i < count; i++) out[i] = Math.exp(Math.max(logScales[3 * i], logScales[3 * i + 1], logScales[3 * i + 2]));
  return out;
}

/** Scores 0..1, one per splat. About a microsecond and a half a splat. */
export function floaterScores(splats: EditableSplats): Float32Array {
  const { count, means, opacityLogits } = splats;
  const out = new Float32Array(count);
  if (count === 0) return out;
  const box = robustBox(means);
  const spacing = spacingOf(means, box.centre, finestShare * box.radius, neighbour);
  const medianSpacing = medianOfSample(spacing);
  const axes = largestAxes(splats);
  const medianAxis = Math.max(medianOfSample(axes), 1e-12);
  for (let i = 0; i < count; i++) {
    const fromMiddle = Math.hypot(means[3 * i] - box.centre[0], means[3 * i + 1] - box.centre[1], means[3 * i + 2] - box.centre[2]);
    if (axes[i] > giantRadii * box.radius && axes[i] > giantAngle * fromMiddle) {
      out[i] = 1;
      continue;
    }
    const faint = clamp01(1 - 2 / (1 + Math.exp(-opacityLogits[i])));
    const lonely = rise(spacing[i] / Math.max(medianSpacing, axes[i]), 2.5, 20);
    const large = rise(axes[i] / medianAxis, 6, 60);
    const far = clamp01((distanceToBox(box, means, i) / box.radius - 1) / 3);
    out[i] = 1 - (1 - 0.75 * lonely) * (1 - 0.5 * far) * (1 - 0.45 * faint * large) * (1 - 0.3 * faint * lonely);
  }
  return out;
}

/** Splats with a score above this are removed at a strength 0..1. */
export const floaterThreshold = (strength: number): number => (strength > 0 ? 1 - fullStrength * Math.min(strength, 1) : 1);

/** The splats that a strength removes; to be called with the scores of floaterScores() while a slider is drawn. */
export function floatersAt(scores: Float32Array, strength: number): SplatBits {
  const bits = bitsOf(scores.length);
  const threshold = floaterThreshold(strength);
  for (let i = 0; i < scores.length; i++) if (scores[i] > threshold) bits[i >> 3] |= 1 << (i & 7);
  return bits;
}
