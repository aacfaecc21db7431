/**
 * Key point candidates of one octave on the CPU: strict extrema of the difference of Gaussians over 26 neighbours, refined by a quadratic
 * fit (Lowe 2004, sections 3.1 and 4; Brown and Lowe 2002).
 * Invariant: accepted points lie inside the octave, no further than one px and one level from where the fit was made.
 */
import type { Levels } from './siftPyramid.ref.ts';
import { type Octave, type SiftParameters, levelsPerOctave, maxMoves } from './siftOptions.ts';
import { type Candidates, addCandidate } from './siftSelect.ts';

/** Is px `at` of DoG plane `level` above (or below, sign -1) all 26 neighbours? */
function isExtremum(dogs: Levels, level: number, at: number, width: number, sign: number): boolean {
  const value = sign * dogs[level][at];
  for (let l = level - 1; l <= level + 1; l++) {
    const plane = dogs[l];
    for (let row = at - width; row <= at + width; row += width) {
      for (let i = row - 1; i <= row + 1; i++) if ((i !== at || l !== level) && sign * plane[i] >= value) return false;
    }
  }
  return true;
}

/** Gradient, Hessian and the step to the extremum of the fit; the step is zero where the Hessian is singular. */
interface Fit {
  gx: number;
  gy: number;
  gs: number;
  xx: number;
  yy: number;
  xy: number;
  bx: number;
  by: number;
  bs: number;
}

function fitAt(dogs: Levels, level: number, at: number, width: number, fit: Fit): void {
  const [low, mid, high] = [dogs[level - 1], dogs[level], dogs[level + 1]];
  const twice = 2 * mid[at];
  fit.gx = 0.5 * (mid[at + 1] - mid[at - 1]);
  fit.gy = 0.5 * (mid[at + width] - mid[at - width]);
  fit.gs = 0.5 * (high[at] - low[at]);
  fit.xx = mid[at + 1] + mid[at - 1] - twice;
  fit.yy = mid[at + width] + mid[at - width] - twice;
  fit.xy = 0.25 * (mid[at + width + 1] + mid[at - width - 1] - mid[at + width - 1] - mid[at - width + 1]);
  const ss = high[at] + low[at] - twice;
  const xs = 0.25 * (high[at + 1] + low[at - 1] - high[at - 1] - low[at + 1]);
  const ys = 0.25 * (high[at + width] + low[at - width] - high[at - width] - low[at + width]);
  const { gx, gy, gs, xx, yy, xy } = fit;
  // Inverse of the symmetric 3 x 3 by cofactors.
  const [c00, c01, c02] = [yy * ss - ys * ys, xs * ys - xy * ss, xy * ys - xs * yy];
  const [c11, c12, c22] = [xx * ss - xs * xs, xy * xs - xx * ys, xx * yy - xy * xy];
  const det = xx * c00 + xy * c01 + xs * c02;
  const scale = det === 0 ? 0 : -1 / det;
  fit.bx = scale * (c00 * gx + c01 * gy + c02 * gs);
  fit.by = scale * (c01 * gx + c11 * gy + c12 * gs);
  fit.bs = scale * (c02 * gx + c12 * gy + c22 * gs);
}

const step = (b: number, at: number, first: number, last: number): number => (b > 0.6 && at < last ? 1 : b < -0.6 && at > first ? -1 : 0);

export function detectRef(levels: Levels, octave: Octave, parameters: SiftParameters, found: Candidates): void {
  const { widthPx: w, heightPx: h } = octave;
  const dogs = levels.slice(1).map((plane, l) => {
    const [dog, below] = [new Float32Array(w * h), levels[l]];
    for (let i = 0; i < dog.length; i++) dog[i] = plane[i] - below[i];
    return dog;
  });
  const raw = 0.8 * parameters.lowestThreshold;
  const fit: Fit = { gx: 0, gy: 0, gs: 0, xx: 0, yy: 0, xy: 0, bx: 0, by: 0, bs: 0 };
  for (let level = 1; level <= levelsPerOctave; level++) {
    const dog = dogs[level];
    for (let y = 1; y < h - 1; y++) {
      for (let x = 1; x < w - 1; x++) {
        const at = y * w + x;
        const value = dog[at];
        if (value >= raw ? isExtremum(dogs, level, at, w, 1) : value <= -raw && isExtremum(dogs, level, at, w, -1))
          refine(dogs, octave, parameters, x, y, level, fit, found);
      }
    }
  }
}

function refine(
  dogs: Levels,
  octave: Octave,
  { lowestThreshold, edgeRatio }: SiftParameters,
  x: number,
  y: number,
  level: number,
  fit: Fit,
  found: Candidates,
): void {
  const { widthPx: w, heightPx: h } = octave;
  fitAt(dogs, level, y * w + x, w, fit);
  for (let move = 0; move < maxMoves; move++) {
    const [dx, dy, ds] = [step(fit.bx, x, 1, w - 2), step(fit.by, y, 1, h - 2), step(fit.bs, level, 1, levelsPerOctave)];
    if (dx === 0 && dy === 0 && ds === 0) break;
    x += dx;
    y += dy;
    level += ds;
    fitAt(dogs, level, y * w + x, w, fit);
  }
  const { gx, gy, gs, xx, yy, xy, bx, by, bs } = fit;
  const response = dogs[level][y * w + x] + 0.5 * (gx * bx + gy * by + gs * bs);
  const det = xx * yy - xy * xy;
  const trace = xx + yy;
  const near = Math.abs(bx) < 1 && Math.abs(by) < 1 && Math.abs(bs) < 1;
  const edge = trace * trace * edgeRatio >= (edgeRatio + 1) ** 2 * det;
  if (near && !edge && det > 0 && Math.abs(response) >= lowestThreshold)
    addCandidate(found, octave.octave, x + bx, y + by, level + bs, response);
}
