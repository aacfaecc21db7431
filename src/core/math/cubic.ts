/**
 * The real root of a cubic that is furthest from the other two.
 * Invariant: the result is finite and a root to rounding, or NaN when the coefficients are not finite.
 */

const polishSteps = 3;

/**
 * Real root of x^3 + b x^2 + c x + d (Cardano, Viete). With three real roots it is the most isolated one, which is the one least
 * sensitive to rounding of the coefficients.
 */
export function isolatedCubicRoot(b: number, c: number, d: number): number {
  const shift = b / 3;
  const p = c - b * shift;
  const q = d - shift * c + 2 * shift * shift * shift;
  const discriminant = (q * q) / 4 + (p * p * p) / 27;
  const side = q > 0 ? -1 : 1;
  let t: number;
  if (discriminant > 0) {
    const large = Math.cbrt(Math.abs(q) / 2 + Math.sqrt(discriminant));
    t = side * (large - p / (3 * large));
  } else if (p < 0) {
    // The roots add up to zero, so the largest in size stands alone on its side; its sign is that of -q.
    const radius = Math.sqrt(-p / 3);
    const cosine = Math.abs(q) / (2 * radius * radius * radius);
    t = side * 2 * radius * Math.cos(Math.acos(Math.min(1, cosine)) / 3);
  } else {
    t = 0 * (p + q);
  }
  let x = t - shift;
  for (let step = 0; step < polishSteps; step++) {
    const slope = (3 * x + 2 * b) * x + c;
    const change = (((x + b) * x + c) * x + d) / slope;
    if (!Number.isFinite(change) || Math.abs(change) > 1e-3 * (1 + Math.abs(x))) break;
    x -= change;
  }
  return x;
}
