/**
 * The three models of a pair, each fitted by locally optimised MSAC: an essential matrix (any scene), a homography (a plane) and a rotation
 * (no baseline).
 * Invariant: limits and costs are px and px^2 of errors that both images share, so the models' inliers and costs compare.
 */
import { type RayPairs, essentialCost, essentialInliers, essentialOf, posesOfEssential } from './essential.ts';
import { createEssentialRefiner } from './essentialRefine.ts';
import { createFivePointSolver } from './fivePoint.ts';
import { createHomographySolver, homographyOfMany, transferCost, transferInliers } from './homography.ts';
import { type MsacOptions, type MsacResult, runMsac } from './msac.ts';
import { rotationOfMatches } from './rotationOnly.ts';

const localSteps = 4;

/** Best essential matrix by five-point samples, refined on its inliers. */
export function fitEssential(pairs: RayPairs, limit: number, options: MsacOptions): MsacResult | null {
  const solver = createFivePointSolver();
  const refiner = createEssentialRefiner(pairs);
  return runMsac(
    {
      count: pairs.count,
      sampleSize: 5,
      modelSize: 9,
      maxModels: 10,
      solve: (sample, models) => solver.solve(pairs.a, pairs.b, sample, models),
      cost: (models, at, stopAbove) => essentialCost(pairs, models, at, limit, stopAbove),
      inliers: (model) => essentialInliers(pairs, model, limit).length,
      refine: (model, cost) => {
        // All four poses give the same essential matrix up to sign.
        const pose = posesOfEssential(model)[0];
        const refined = refiner.refine(pose, limit, localSteps);
        if (!(refined < cost)) return cost;
        essentialOf(pose, model);
        return refined;
      },
    },
    options,
  );
}

type FitMany = (pairs: RayPairs, matches: Uint32Array, out: Float64Array) => boolean;

/** Best point-to-point model (homography or rotation). */
function fitTransfer(
  pairs: RayPairs,
  limit: number,
  sampleSize: number,
  solve: (sample: Uint32Array, out: Float64Array) => number,
  many: FitMany,
  options: MsacOptions,
): MsacResult | null {
  const inverse = new Float64Array(9);
  const next = new Float64Array(9);
  return runMsac(
    {
      count: pairs.count,
      sampleSize,
      modelSize: 9,
      maxModels: 1,
      solve,
      cost: (models, at, stopAbove) => transferCost(pairs, models, at, inverse, limit, stopAbove),
      inliers: (model) => transferInliers(pairs, model, limit).length,
      refine: (model, cost) => {
        for (let round = 0; round < localSteps; round++) {
          const agreeing = transferInliers(pairs, model, limit);
          if (agreeing.length <= sampleSize || !many(pairs, agreeing, next)) break;
          const refined = transferCost(pairs, next, 0, inverse, limit, cost);
          if (!(refined < cost)) break;
          model.set(next);
          cost = refined;
        }
        return cost;
      },
    },
    options,
  );
}

/** Best homography of four-point samples, refitted to its inliers. */
export function fitHomography(pairs: RayPairs, limit: number, options: MsacOptions): MsacResult | null {
  const solver = createHomographySolver();
  return fitTransfer(pairs, limit, 4, (sample, out) => solver.solve(pairs.a, pairs.b, sample, out), homographyOfMany, options);
}

/** Best rotation of two-match samples, refitted to its inliers. */
export function fitRotation(pairs: RayPairs, limit: number, options: MsacOptions): MsacResult | null {
  const many: FitMany = (all, matches, out) => {
    rotationOfMatches(all, matches, out);
    return true;
  };
  return fitTransfer(pairs, limit, 2, (sample, out) => Number(many(pairs, sample, out)), many, options);
}
