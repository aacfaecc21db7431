/** Steps of fields and sliders. Invariant: a power of ten times 1, 2 or 5. */

/** About a twentieth of a length. */
export function niceStep(length: number): number {
  const wanted = length / 20;
  if (!(wanted > 0 && Number.isFinite(wanted))) return 0.1;
  const power = 10 ** Math.floor(Math.log10(wanted));
  const lead = wanted / power;
  return power * (lead < 2 ? 1 : lead < 5 ? 2 : 5);
}
