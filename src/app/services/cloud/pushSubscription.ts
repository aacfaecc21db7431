/**
 * Being told by the cloud itself, also when no page is open.
 * Invariant: an extra; where it cannot be had the page still tells while it is open.
 */
import type { CloudClient } from './cloudClient.ts';

const bytesOf = (base64Url: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(atob(base64Url.replaceAll('-', '+').replaceAll('_', '/')), (character) => character.charCodeAt(0));

const sameKey = (options: PushSubscriptionOptions, key: Uint8Array): boolean => {
  const before = options.applicationServerKey && new Uint8Array(options.applicationServerKey);
  return before?.length === key.length && before.every((byte, index) => byte === key[index]);
};

/**
 * Subscribes this browser, once permission is there. Needs an installed service worker.
 * @param locale of the messages
 * @returns whether the cloud will tell
 */
export async function subscribeToPush(client: Pick<CloudClient, 'pushKey' | 'subscribe'>, locale: string): Promise<boolean> {
  const registration = await navigator.serviceWorker?.getRegistration().catch(() => undefined);
  if (!registration?.pushManager) return false;
  const answer = await client.pushKey();
  if (!answer.ok) return false;
  try {
    const key = bytesOf(answer.value.key);
    const before = await registration.pushManager.getSubscription();
    // One for another key cannot be used by this cloud and stands in the way of a new one.
    if (before && !sameKey(before.options, key)) await before.unsubscribe();
    const subscription = await registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key });
    const { endpoint, keys } = subscription.toJSON();
    if (!endpoint || !keys) return false;
    return (await client.subscribe({ endpoint, keys: { p256dh: keys.p256dh, auth: keys.auth }, locale })).ok;
  } catch {
    // No push service can be reached, or the browser has none.
    return false;
  }
}
