/**
 * Floaters: splats that hang in the air where nothing is, left over from training. Each splat gets a score from 0 (part of a surface) to 1
 * out of signs, each 0..1:
 *
 *   lonely  how far its 8th neighbour is, in median spacings of the scene (or in its own sizes, where it is large: coarse background
 *           splats lie as far apart as they are large): 0 up to twice, 1 from 8 times on, by the logarithm
 *   faint   its opacity: 0 from a half on, 1 at none
 *   giant   its largest axis in scene radii: 0 up to 0.15, 1 from 0.6 on, by the logarithm, and in its distance from the scene's middle:
 *           0 up to 0.2 times, 1 from 0.6 times on (a sky's splats are large because they are far)
 *   large   its largest axis in medians of the scene: 0 up to 6 times, 1 from 60 times on, by the logarithm
 *   far     its distance from the robust box in scene radii: 0 up to one, 1 from four on
 *
 *   score = 1 - (1 - lonely (0.6 + 0.3 faint)) (1 - giant (0.6 + 0.4 faint)) (1 - 0.4 far lonely) (1 - 0.5 faint large) (1 - 0.08 faint)
 *
 * Where more than a third of the splats come to more than full strength removes, the lower two thirds are pressed together below that.
 * Invariant: strength 0 removes nothing and none more than a third; what a strength removes, every higher one removes too; the same splats
 * give the same scores.
 */
import type { SplatBits } from './operations.ts';
import { bitsOf } from './bits.ts';
import type { EditableSplats } from './editableSplats.ts';
import { type RobustBox, medianOfSample, robustBox } from './robustBox.ts';
import { spacingOf } from './spacing.ts';

const neighbour = 8;
/** Finest spacing that is told apart, in scene radii. */
const finestShare = 1 / 400;
/** Scores above this go at full strength: even then a splat needs some sign against it. */
const lowestScore = 0.12;
/** Of all splats, that may go at most. */
const largestShare = 1 / 3;
/** Scores are whole numbers of 1/1024, because logarithms differ in their last bits from one machine to another. */
const scoreSteps = 1024;

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

/** Keeps the splats that may go at all to a third. In place; the order of the scores stays. */
function pressed(scores: Float32Array): Float32Array {
  if (scores.length === 0) return scores;
  const border = scores.slice().sort()[Math.ceil((1 - largestShare) * scores.length) - 1];
  if (border <= lowestScore) return scores;
  for (let i = 0; i < scores.length; i++) if (scores[i] <= border) scores[i] *= lowestScore / border;
  // Rounding must not lift the border over the threshold.
  return scores.map((score) => (score > border ? score : Math.min(score, Math.fround(lowestScore) - 1 / scoreSteps)));
}

/** Scores 0..1, one per splat. Some microseconds a splat, so this is for a worker. */
export function floaterScores(splats: EditableSplats): Float32Array {
  const { count, means, opacityLogits } = splats;
  const out = new Float32Array(count);
  const box = robustBox(means);
  const spacing = spacingOf(means, box.centre, finestShare * box.radius, neighbour);
  const medianSpacing = medianOfSample(spacing);
  const axes = largestAxes(splats);
  const medianAxis = Math.max(medianOfSample(axes), 1e-12);
  const { centre, radius } = box;
  for (let i = 0; i < count; i++) {
    const fromMiddle = Math.hypot(means[3 * i] - centre[0], means[3 * i + 1] - centre[1], means[3 * i + 2] - centre[2]);
    const faint = clamp01(1 - 2 / (1 + Math.exp(-opacityLogits[i])));
    const lonely = rise(spacing[i] / Math.max(medianSpacing, axes[i]), 2, 8);
    const giant = rise(axes[i] / radius, 0.15, 0.6) * clamp01((axes[i] / fromMiddle - 0.2) / 0.4);
    const far = clamp01((distanceToBox(box, means, i) / radius - 1) / 3);
    const large = rise(axes[i] / medianAxis, 6, 60);
    const stays = (1 - lonely * (0.6 + 0.3 * faint)) * (1 - giant * (0.6 + 0.4 * faint)) * (1 - 0.4 * far * lonely);
    out[i] = Math.round(scoreSteps * (1 - stays * (1 - 0.5 * faint * large) * (1 - 0.08 * faint))) / scoreSteps;
  }
  return pressed(out);
}

/** Splats with a score above this are removed at a strength 0..1: 0.55 at 0.3, 0.26 at 0.6. */
export const floaterThreshold = (strength: number): number =>
  strength > 0 ? lowestScore + (1 - lowestScore) * (1 - Math.min(strength, 1)) ** 2 : 1;

/** The splats that a strength removes; to be called with the scores of floaterScores() while a slider is drawn. */
export function floatersAt(scores: Float32Array, strength: number): SplatBits {
  const bits = bitsOf(scores.length);
  const threshold = floaterThreshold(strength);
  for (let i = 0; i < scores.length; i++) if (scores[i] > threshold) bits[i >> 3] |= 1 << (i & 7);
  return bits;
}
