/**
 * A critically damped spring, solved exactly for a goal that stands still during the step:
 * x(t) = g + (d + (v + w d) t) exp(-w t), v(t) = (v - w (v + w d) t) exp(-w t), d = x - g, w = 1 / decay.
 * Exact, so ten steps of 10 ms end where one of 100 ms does.
 * Invariant: the value never passes its goal. A spring that comes too fast would swing past once; it stops at the goal instead, so what
 * stands inside limits and has goals inside limits stays inside. (A critically damped spring crosses at most once, so a step that ends
 * beyond the goal crossed it, however long the step was.)
 */

/** Moves entry `k` of values and speeds towards its goal. Milliseconds; a decay of 0 jumps. */
export function damp(values: Float64Array, speeds: Float64Array, k: number, goal: number, dtMs: number, decayMs: number): void {
  const offset = values[k] - goal;
  if (!(decayMs > 0) || (offset === 0 && speeds[k] === 0)) {
    values[k] = goal;
    speeds[k] = 0;
    return;
  }
  const w = 1 / decayMs;
  const drive = speeds[k] + w * offset;
  const fade = Math.exp(-w * dtMs);
  const left = (offset + drive * dtMs) * fade;
  if (left * offset < 0) {
    values[k] = goal;
    speeds[k] = 0;
    return;
  }
  values[k] = goal + left;
  speeds[k] = (speeds[k] - w * drive * dtMs) * fade;
}
