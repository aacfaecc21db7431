/**
 * Which push services the Worker talks to.
 * Invariant: a push endpoint comes from a stranger's browser, so it is called only when its host is one of the known services'.
 */
import { isLoopbackAddress, parseAddress } from './publicAddress.ts';

/** Chrome, Edge on Android, Opera, Samsung. */
const hosts = ['fcm.googleapis.com'];
/** Firefox, Safari, Edge on Windows. */
const parents = ['.push.services.mozilla.com', '.push.apple.com', '.notify.windows.com'];

/**
 * The endpoint as it is to be called; null when it is of no known service.
 * @param allowLoopback lets http://127.0.0.1 and the like through as well, for development
 */
export function checkPushEndpoint(text: string, { allowLoopback = false } = {}): URL | null {
  const url = parseAddress(text);
  if (!url) return null;
  if (allowLoopback && isLoopbackAddress(url)) return url;
  if (url.protocol !== 'https:' || url.port !== '' || url.username !== '' || url.password !== '') return null;
  const isKnown = hosts.includes(url.hostname) || parents.some((parent) => url.hostname.endsWith(parent));
  return isKnown ? url : null;
}
