/**
 * Push subscriptions, and the key with which the Worker shows itself to push services.
 * Invariant: an endpoint belongs to one owner; it passes to another only with the browser's own secret, that is, from the same browser.
 */
import type { Cloud } from '../cloud.ts';
import type { PushLocale } from '../policy/pushMessage.ts';
import { newId } from '../policy/tokens.ts';
import { type VapidKeys, newVapidJwk, readVapidJwk } from '../policy/vapid.ts';

export interface PushSubscriptionRow {
  id: string;
  ownerId: string;
  endpoint: string;
  p256dh: string;
  auth: string;
  locale: PushLocale;
}

export const subscriptionsPerOwner = 20;
const columns = 'id, owner_id AS ownerId, endpoint, p256dh, auth, locale';

/**
 * Writes a subscription, or renews the one with this endpoint. Beyond the limit the oldest goes: browsers change their endpoint and leave
 * the old one behind.
 * @returns false when the endpoint is another browser's
 */
export async function saveSubscription(cloud: Cloud, given: Omit<PushSubscriptionRow, 'id'>): Promise<boolean> {
  const save = cloud.db
    .prepare(
      'INSERT INTO push_subscriptions (id, owner_id, endpoint, p256dh, auth, locale, created_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)' +
        ' ON CONFLICT (endpoint) DO UPDATE SET owner_id = ?2, p256dh = ?4, auth = ?5, locale = ?6, created_at = ?7' +
        ' WHERE owner_id = ?2 OR auth = ?5 RETURNING id',
    )
    .bind(newId('psh'), given.ownerId, given.endpoint, given.p256dh, given.auth, given.locale, cloud.now());
  const trim = cloud.db
    .prepare(
      'DELETE FROM push_subscriptions WHERE owner_id = ?1 AND id NOT IN' +
        ' (SELECT id FROM push_subscriptions WHERE owner_id = ?1 ORDER BY endpoint = ?2 DESC, created_at DESC LIMIT ?3)',
    )
    .bind(given.ownerId, given.endpoint, subscriptionsPerOwner);
  const [saved] = await cloud.db.batch([save, trim]);
  return saved !== undefined && saved.results.length > 0;
}

/** @returns false when this owner has none with this endpoint */
export async function removeSubscription(cloud: Cloud, ownerId: string, endpoint: string): Promise<boolean> {
  const remove = 'DELETE FROM push_subscriptions WHERE owner_id = ?1 AND endpoint = ?2 RETURNING id';
  return (await cloud.db.prepare(remove).bind(ownerId, endpoint).first()) !== null;
}

/** Null also when its owner is being deleted. */
export async function getSubscription(cloud: Cloud, id: string): Promise<PushSubscriptionRow | null> {
  const query =
    `SELECT ${columns} FROM push_subscriptions WHERE id = ?1` +
    ' AND EXISTS (SELECT 1 FROM owners WHERE owners.id = owner_id AND deleted_at IS NULL)';
  return cloud.db.prepare(query).bind(id).first<PushSubscriptionRow>();
}

/** Removes one that its push service does not know any more; only if it has not been renewed meanwhile. */
export async function forgetSubscription(cloud: Cloud, { id, auth, p256dh }: PushSubscriptionRow): Promise<void> {
  const forget = 'DELETE FROM push_subscriptions WHERE id = ?1 AND auth = ?2 AND p256dh = ?3';
  await cloud.db.prepare(forget).bind(id, auth, p256dh).run();
}

/** The key from the secret; in development one that is made once and kept. Null: push is not set up here. */
export async function vapidKeys(cloud: Cloud): Promise<VapidKeys | null> {
  const secret = cloud.env.VAPID_JWK;
  if (secret) return readVapidJwk(secret);
  return cloud.config.isDevelopment ? readVapidJwk(await developmentJwk(cloud)) : null;
}

/** Of two that make one at the same moment, both use the one that was written first. */
async function developmentJwk(cloud: Cloud): Promise<string> {
  const read = cloud.db.prepare("SELECT value FROM settings WHERE key = 'vapid-jwk'");
  const kept = await read.first<string>('value');
  if (kept !== null) return kept;
  const insert = "INSERT INTO settings (key, value, updated_at) VALUES ('vapid-jwk', ?1, ?2) ON CONFLICT (key) DO NOTHING";
  const write = cloud.db.prepare(insert).bind(await newVapidJwk(), cloud.now());
  const [, written] = await cloud.db.batch<{ value: string }>([write, read]);
  if (!written?.results[0]) throw new Error('The VAPID key was not written.');
  return written.results[0].value;
}
