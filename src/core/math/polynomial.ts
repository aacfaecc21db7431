/**
 * Real roots of polynomials in f64. Between two neighbouring roots of p' the polynomial p is monotonic (Rolle), so the roots of every
 * derivative, from the linear one up, bracket those of the one above; each bracket is closed by Newton steps that fall back to bisection.
 * Unlike Sturm sequences nothing is divided, so no precision is lost in remainders. Outside [-1, 1] the reversed polynomial is solved for
 * 1/z, so a leading coefficient near zero (a root near infinity) does no harm.
 * Invariant: nothing is allocated after creation; roots come in ascending order within each half, each once.
 */
export interface RootFinder {
  /**
   * Real roots of sum of coefficients[at + i] z^i for i = 0 .. degree. Writes them to `out` and gives back how many (at most the degree).
   * A polynomial that is zero or not finite has none. A root of even multiplicity is found when p touches zero within rounding.
   */
  solve(coefficients: Float64Array, out: Float64Array): number;
}

const maxSteps = 60;
/** Below this share of the sum of its terms' sizes, a value of p at an extremum counts as zero. */
const touching = 1e-13;

/** A finder for polynomials of one degree (1 or more). */
export function createRootFinder(degree: number): RootFinder {
  const size = degree + 1;
  // Row d holds the derivative of degree d.
  const tower = new Float64Array(size * size);
  let upper = new Float64Array(size + 2);
  let lower = new Float64Array(size + 2);
  const reversed = new Float64Array(size);

  const valueAt = (d: number, z: number): number => {
    const row = d * size;
    let value = tower[row + d];
    for (let i = d - 1; i >= 0; i--) value = value * z + tower[row + i];
    return value;
  };

  /** The root of degree d inside [from, to], where p changes sign. */
  const close = (d: number, from: number, to: number, startsPositive: boolean): number => {
    let z = 0.5 * (from + to);
    const row = d * size;
    for (let step = 0; step < maxSteps; step++) {
      let value = tower[row + d];
      let slope = 0;
      for (let i = d - 1; i >= 0; i--) {
        slope = slope * z + value;
        value = value * z + tower[row + i];
      }
      if (value === 0) return z;
      if (value > 0 === startsPositive) from = z;
      else to = z;
      const newton = z - value / slope;
      const next = newton > from && newton < to ? newton : 0.5 * (from + to);
      if (Math.abs(next - z) <= 2e-16 * Math.abs(z) + 1e-300 || next === from || next === to) return next;
      z = next;
    }
    return z;
  };

  /** Does p of degree d only touch zero at z? */
  const touches = (d: number, z: number, value: number): boolean => {
    let terms = 0;
    const size1 = Math.abs(z);
    for (let i = d; i >= 0; i--) terms = terms * size1 + Math.abs(tower[d * size + i]);
    return Math.abs(value) <= touching * terms;
  };

  /** Roots of degree d in [-1, 1], from those of its derivative in `lower`; written to `upper`. */
  const climb = (d: number, critical: number): number => {
    let found = 0;
    let from = -1;
    let value = valueAt(d, from);
    for (let k = 0; k <= critical; k++) {
      const to = k < critical ? lower[k] : 1;
      const next = valueAt(d, to);
      if (value !== 0 && value > 0 !== next > 0 && next !== 0) upper[found++] = close(d, from, to, value > 0);
      else if (d === degree && k < critical && touches(d, to, next) && !(found > 0 && upper[found - 1] === to)) upper[found++] = to;
      else if (next === 0) upper[found++] = to;
      if (k === 0 && value === 0) upper[found++] = from;
      from = to;
      value = next;
    }
    return found;
  };

  /** Roots within [-1, 1] of the coefficients given, left in `lower`. */
  const solveInside = (coefficients: Float64Array): number => {
    for (let i = 0; i < size; i++) tower[degree * size + i] = coefficients[i];
    for (let d = degree - 1; d >= 1; d--)
      for (let i = 0; i <= d; i++) tower[d * size + i] = ((i + 1) * tower[(d + 1) * size + i + 1]) / (d + 1);
    let count = 0;
    for (let d = 1; d <= degree; d++) {
      count = climb(d, count);
      [lower, upper] = [upper, lower];
    }
    return Math.min(count, degree);
  };

  return {
    solve(coefficients, out) {
      let largest = 0;
      for (let i = 0; i < size; i++) largest = Math.max(largest, Math.abs(coefficients[i]));
      if (!(largest > 0) || !Number.isFinite(largest)) return 0;
      let found = 0;
      const inside = solveInside(coefficients);
      for (let i = 0; i < inside; i++) out[found++] = lower[i];
      for (let i = 0; i < size; i++) reversed[i] = coefficients[degree - i];
      const outside = solveInside(reversed);
      for (let i = 0; i < outside && found < degree; i++) if (Math.abs(lower[i]) < 1 && lower[i] !== 0) out[found++] = 1 / lower[i];
      return found;
    },
  };
}
