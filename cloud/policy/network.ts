/**
 * Which callers are counted as one: an IPv4 address, or the /64 of an IPv6 one, for that is what a single household is given (RFC 6177).
 * Invariant: two spellings of one address give the same text.
 */
const groups = (text: string): string[] => (text === '' ? [] : text.split(':'));

/** Null when it is no address. */
export function networkOf(address: string): string | null {
  if (/^\d{1,3}(\.\d{1,3}){3}$/.test(address)) return address;
  if (!/^[0-9a-f:.]{2,45}$/i.test(address) || !address.includes(':')) return null;
  const mapped = /^::ffff:(\d{1,3}(?:\.\d{1,3}){3})$/i.exec(address)?.[1];
  if (mapped !== undefined) return mapped;
  const [head = '', tail] = address.split('::');
  const [left, right] = [groups(head), groups(tail ?? '')];
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - left.length - right.length);
  const all = [...left, ...Array<string>(zeros).fill('0'), ...right];
  if (all.length !== 8) return null;
  return `${all.slice(0, 4).map((group) => group.toLowerCase().replace(/^0+(?=.)/, '')).join(':')}::/64`; // prettier-ignore
}
