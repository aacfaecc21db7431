/**
 * Which bytes a request asks for (RFC 9110, section 14).
 * Invariant: what comes out lies within the file. A header that is not understood counts as absent, as section 14.2 wants it.
 */
export type ByteRange = { kind: 'whole' } | { kind: 'part'; offset: number; length: number } | { kind: 'unsatisfiable' };

/** @param size of the file in bytes */
export function byteRangeOf(header: string | null | undefined, size: number): ByteRange {
  // Several ranges at once are rare and costly; a server may answer them with the whole.
  const found = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header?.trim() ?? '');
  if (!found || (found[1] === '' && found[2] === '')) return { kind: 'whole' };
  const [first, last] = [found[1], found[2]].map((digits) => (digits === '' ? null : Number(digits)));
  if (first === null) {
    const length = Math.min(last ?? 0, size);
    return length === 0 ? { kind: 'unsatisfiable' } : { kind: 'part', offset: size - length, length };
  }
  if (last !== null && last < first) return { kind: 'whole' };
  if (first >= size) return { kind: 'unsatisfiable' };
  return { kind: 'part', offset: first, length: Math.min(last ?? size - 1, size - 1) - first + 1 };
}
