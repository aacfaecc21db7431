/**
 * Schedule: what changes with the step: learning rates, SH degree, resolution, splat count and the order of the views.
 * Invariant: pure functions of (hyper-parameters, step, seed), so that a resumed run goes on exactly as an uninterrupted one.
 */
import { createRandom, permutation } from '../math/random.ts';

export type Preset = 'preview' | 'full';

export interface Hyper {
  /** Position rate in units of the scene's extent; falls exponentially to lrMean * lrMeanFinal. */
  lrMean: number;
  lrMeanFinal: number;
  lrScale: number;
  lrQuat: number;
  lrOpacity: number;
  lrDc: number;
  /** Rate of the higher SH bands relative to lrDc. */
  lrRest: number;
  /** All rates but the position's fall to this share by the last step (cosine). */
  lrFinal: number;
  initialOpacity: number;
  ssimWeight: number;
  opacityDecay: number;
  scaleDecay: number;
  /** Langevin noise of 3DGS-MCMC relative to the position rate; 0 is off. */
  noise: number;
  /** Steps between refinements, and the share of the run in which they happen. */
  refineEvery: number;
  refineFrom: number;
  refineUntil: number;
  /** Splats below this opacity are dead and moved. */
  deadOpacity: number;
  /** Share of the run by which the splat count reaches the budget. */
  growUntil: number;
  /** Shares of the run at quarter and at half size. */
  quarterUntil: number;
  halfUntil: number;
  /** Share of the run after which each further SH degree is switched on. */
  shEvery: number;
  /** Rate of the pose corrections in radians; falls exponentially to lrPose * lrPoseFinal. */
  lrPose: number;
  lrPoseFinal: number;
  /** Share of the run after which poses move: before that the splats know too little. */
  poseFrom: number;
  /**
   * Share of a correction that each of its steps takes back, per unit of rate. Adam's step is at most about its rate, so no correction grows
   * beyond 1 / posePull radians (0.6 degrees), and what the photos say little about stays small.
   */
  posePull: number;
  /** Rate of the exposures' log gain and bias; falls exponentially to lrExposure * lrExposureFinal. */
  lrExposure: number;
  lrExposureFinal: number;
  /** As posePull: no log gain grows beyond 1 / exposurePull. */
  exposurePull: number;
}

export const defaultHyper: Hyper = {
  lrMean: 2e-3,
  lrMeanFinal: 0.05,
  lrScale: 3e-2,
  lrQuat: 2e-2,
  lrOpacity: 5e-2,
  lrDc: 2e-2,
  lrRest: 0.1,
  lrFinal: 0.1,
  initialOpacity: 0.3,
  ssimWeight: 0.2,
  opacityDecay: 0,
  scaleDecay: 0,
  noise: 0,
  refineEvery: 100,
  refineFrom: 0.1,
  refineUntil: 0.8,
  deadOpacity: 0.005,
  growUntil: 0.5,
  quarterUntil: 0.1,
  halfUntil: 0.5,
  shEvery: 0,
  lrPose: 3e-4,
  lrPoseFinal: 0.1,
  poseFrom: 0.1,
  posePull: 100,
  lrExposure: 2e-2,
  lrExposureFinal: 0.05,
  exposurePull: 4,
};

/** What a preset changes. In a short run every band is there from the first step: the first pictures count. */
export const presetHyper: Record<Preset, Partial<Hyper>> = { preview: {}, full: { shEvery: 0.03 } };

/**
 * What a start without sparse points changes: a thin fog that lets light through to what is behind, cleared early (fox, 135 px, 10,000
 * splats, 500 steps: 25.2 dB against 18.0 with the settings for sparse points).
 */
export const randomStartHyper: Partial<Hyper> = { initialOpacity: 0.05, deadOpacity: 0.02, refineEvery: 50 };

export interface Rates {
  lrMean: number;
  lrScale: number;
  lrQuat: number;
  lrOpacity: number;
  lrDc: number;
  lrRest: number;
}

/** Rates at a 1-based step. extent: world units. */
export function ratesAt(h: Hyper, step: number, total: number, extent: number): Rates {
  const t = Math.min(step / total, 1);
  const fall = h.lrFinal + (1 - h.lrFinal) * 0.5 * (1 + Math.cos(Math.PI * t));
  return {
    lrMean: h.lrMean * extent * h.lrMeanFinal ** t,
    lrScale: h.lrScale * fall,
    lrQuat: h.lrQuat * fall,
    lrOpacity: h.lrOpacity * fall,
    lrDc: h.lrDc * fall,
    lrRest: h.lrDc * h.lrRest * fall,
  };
}

/** Rates of what is learnt about the views at a 1-based step; 0 while it rests. */
export function viewRatesAt(h: Hyper, step: number, total: number): { lrPose: number; lrExposure: number } {
  const t = Math.min(step / total, 1);
  const since = Math.max(0, (t - h.poseFrom) / Math.max(1 - h.poseFrom, 1e-9));
  return {
    lrPose: t <= h.poseFrom ? 0 : h.lrPose * h.lrPoseFinal ** since,
    lrExposure: h.lrExposure * h.lrExposureFinal ** t,
  };
}

/** SH degree in use. */
export const shDegreeAt = (h: Hyper, step: number, total: number, max: number): number =>
  h.shEvery <= 0 ? max : Math.min(max, Math.floor(step / (h.shEvery * total)));

/** Photo level: 2 quarter, 1 half, 0 full size. Sizes with a side under 48 px are never used. */
export function levelAt(h: Hyper, step: number, total: number, shortSidePx: number): number {
  const t = (step - 1) / total;
  const wanted = t < h.quarterUntil ? 2 : t < h.halfUntil ? 1 : 0;
  return Math.min(wanted, shortSidePx >= 192 ? 2 : shortSidePx >= 96 ? 1 : 0);
}

/** Splat count after the refinement at `step`: linear growth from the start to the budget. */
export function countAt(h: Hyper, step: number, total: number, start: number, budget: number): number {
  const t = Math.min(1, Math.max(0, (step / total - h.refineFrom) / Math.max(h.growUntil - h.refineFrom, 1e-9)));
  return Math.min(budget, start + Math.round((budget - start) * t));
}

/** True when splats are relocated and added after this step. */
export const refinesAt = (h: Hyper, step: number, total: number): boolean =>
  step % h.refineEvery === 0 && step >= h.refineFrom * total && step <= h.refineUntil * total;

/** The view of a 1-based step: every epoch visits all views once, in a seeded order of its own. */
export function createViewOrder(views: number, seed: number): (step: number) => number {
  let epoch = -1;
  let order = new Uint32Array(0);
  return (step) => {
    const wanted = Math.floor((step - 1) / views);
    if (wanted !== epoch)
      order = permutation(views, createRandom(Math.imul(seed ^ 0x2545f491, 747796405) + wanted)) as Uint32Array<ArrayBuffer>;
    epoch = wanted;
    return order[(step - 1) % views];
  };
}
