/** Overwriting parts of a file. Invariant: what lies outside the bytes is left out; the answer says whether anything became different. */

export const blankZero = 0;
export const blankSpace = 0x20;

/** Fills [start, end) with one value. */
export function blankRange(bytes: Uint8Array, start: number, end: number, value: number): boolean {
  const [from, to] = [Math.max(0, start), Math.min(end, bytes.length)];
  let changed = false;
  for (let at = from; at < to && !changed; at++) changed = bytes[at] !== value;
  if (changed) bytes.fill(value, from, to);
  return changed;
}

/** Whether the text (Latin-1) stands at this place. */
export function standsAt(bytes: Uint8Array, at: number, text: string): boolean {
  if (at < 0 || at + text.length > bytes.length) return false;
  for (let i = 0; i < text.length; i++) if (bytes[at + i] !== text.charCodeAt(i)) return false;
  return true;
}

/** First place at or after `from` where the text (Latin-1) stands; -1 when it does not. */
export function placeOf(bytes: Uint8Array, text: string, from = 0): number {
  const first = text.charCodeAt(0);
  for (let at = bytes.indexOf(first, from); at >= 0; at = bytes.indexOf(first, at + 1)) if (standsAt(bytes, at, text)) return at;
  return -1;
}
