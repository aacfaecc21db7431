/**
 * Which addresses given by strangers the Worker may call.
 * Invariant: the decision is made on the parsed address, the one that fetch calls, never on its spelling. The parser (WHATWG URL, "host
 * parsing") has by then turned every spelling of an IPv4 address (decimal, octal, hexadecimal, short, full-width digits, trailing dot) into
 * four numbers, and refused zone ids.
 *
 * Every bare IP address is refused, public ones too: a list of private ranges can have a hole (IPv4-mapped, NAT64, 6to4, carrier-grade
 * NAT, cloud metadata), this rule cannot.
 *
 * A public name may still lead to a private address, at once or only at the second look-up (DNS rebinding), and a Worker cannot look
 * before it calls. In production that reaches nothing: fetch leaves from Cloudflare's edge, which has no way into our network or any
 * private one. Redirects would be a way around this check, so callers pass `redirect: 'manual'` and follow none.
 */
export type AddressFault = 'no-address' | 'not-https' | 'credentials' | 'port' | 'bare-ip' | 'not-public';
export type CheckedAddress = { ok: true; url: URL } | { ok: false; reason: AddressFault };

export const addressFaultWords: Record<AddressFault, string> = {
  'no-address': 'This is not an address.',
  'not-https': 'The address must begin with https://.',
  credentials: 'The address must not hold a user name or a password.',
  port: 'The port must be 443 or 8443.',
  'bare-ip': 'The address must have a host name, not an IP address.',
  'not-public': 'The host is not on the public Internet.',
};

const longest = 2000;
/** 8443 is the usual second one for https. Others would make the Worker a port scanner, whose findings the delivery log shows. */
const ports = ['', '8443'];

/** Names that public DNS does not have (RFC 6761, RFC 6762, RFC 8375, RFC 9476, ICANN's "internal") and what private networks use. */
const privateEndings = new Set([
  'localhost',
  'localdomain',
  'local',
  'internal',
  'intranet',
  'private',
  'corp',
  'home',
  'lan',
  'arpa',
  'onion',
  'alt',
  'test',
  'invalid',
]);

/** A parsed host is IPv6 exactly when in brackets, IPv4 exactly when its last label is a number. */
const isBareIp = (host: string): boolean => host.startsWith('[') || /(^|\.)\d+$/.test(host);

const isLoopback = (host: string): boolean => host === 'localhost' || host === '[::1]' || /^127(\.\d{1,3}){3}$/.test(host);

function isPublicName(host: string): boolean {
  const labels = host.split('.');
  return labels.length >= 2 && labels.every((label) => label !== '') && !privateEndings.has(labels.at(-1) ?? '');
}

/** The host without the dot that may end a fully qualified name. */
const hostOf = (url: URL): string => url.hostname.replace(/\.$/, '');

export function parseAddress(text: string): URL | null {
  if (text.length > longest || !URL.canParse(text)) return null;
  const url = new URL(text);
  url.hash = '';
  return url;
}

/** An http or https address of this machine, on any port; only tests and one's own machine use it. */
export const isLoopbackAddress = (url: URL): boolean =>
  (url.protocol === 'http:' || url.protocol === 'https:') && !url.username && !url.password && isLoopback(hostOf(url));

/**
 * @param allowLoopback lets http and https to this machine through as well, for development
 * @returns the address as it is to be called, without its fragment
 */
export function checkPublicHttps(text: string, { allowLoopback = false } = {}): CheckedAddress {
  const url = parseAddress(text);
  if (!url) return { ok: false, reason: 'no-address' };
  if (allowLoopback && isLoopbackAddress(url)) return { ok: true, url };
  const reason = faultOf(url);
  return reason === null ? { ok: true, url } : { ok: false, reason };
}

function faultOf(url: URL): AddressFault | null {
  const host = hostOf(url);
  if (url.protocol !== 'https:') return 'not-https';
  if (url.username !== '' || url.password !== '') return 'credentials';
  if (isBareIp(host)) return 'bare-ip';
  if (!isPublicName(host)) return 'not-public';
  return ports.includes(url.port) ? null : 'port';
}
