/**
 * Which addresses a scene, a poster or a page's query may name: what can only be fetched, never run.
 * Invariant: judged as a browser's URL parser would read it, which drops tabs and line ends anywhere and spaces and controls in front.
 */

/** The scheme in small letters, null for a relative address. URL Standard, section 4.4, scheme start and scheme states. */
function schemeOf(address: string): string | null {
  const read = address.replace(/[\t\n\r]/g, '').replace(/^[^!-\u{10ffff}]+/u, '');
  return /^([a-z][a-z0-9+.-]*):/i.exec(read)?.[1].toLowerCase() ?? null;
}

/**
 * @param address relative or absolute
 * @param schemes what else than a relative address is allowed
 */
export function isAllowedUrl(address: string, schemes: readonly string[] = ['http', 'https']): boolean {
  if (address.trim() === '' || address.length > 8192) return false;
  const scheme = schemeOf(address);
  return scheme === null || schemes.includes(scheme);
}
