/**
 * The Retry-After header in milliseconds from now: seconds or a date (RFC 9110, section 10.2.3); null when absent or unreadable. How long
 * a wish is followed at most is for the caller to say.
 */
export function retryAfterMs(header: string | null, nowMs: number): number | null {
  const text = header?.trim() ?? '';
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1000;
  // Date.parse takes more than a date has: without a letter in it, it is a number or nothing.
  const at = /[a-z]/i.test(text) ? Date.parse(text) : NaN;
  return Number.isNaN(at) ? null : Math.max(0, at - nowMs);
}
