/**
 * The hint that a scene can be turned: the shown camera sways once to each side and back. Nothing is stored here: the element adds the
 * offset to the theta it shows while nobody has touched the camera.
 * Invariant: zero, with zero speed, at the start, at the end and outside; the whole takes under five seconds, so nobody needs a way to
 * stop it (WCAG 2.2.2).
 */
export const promptLengthMs = 4500;

const largestSway = Math.PI / 10;

/** Whether the hint moves, `ms` after it began. */
export const promptRuns = (ms: number): boolean => ms >= 0 && ms < promptLengthMs;

/** Where the picture of a hand goes: -1 left to 1 right. */
export function promptHand(ms: number): number {
  if (!promptRuns(ms)) return 0;
  const u = ms / promptLengthMs;
  // A sine under a sine-squared window. Its peaks, at u = 1/3 and 2/3, are 3 sqrt(3) / 8.
  return (Math.sin(2 * Math.PI * u) * Math.sin(Math.PI * u) ** 2 * 8) / (3 * Math.sqrt(3));
}

/** Radians to add to theta. The scene follows the hand: to the right, so the camera goes left first. */
export const promptOffset = (ms: number): number => -largestSway * promptHand(ms);
