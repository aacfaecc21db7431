/**
 * An owner's webhook: one address, and the secret that signs what goes there.
 * Invariant: address and secret are set and removed together. The secret is kept as it is, since signing needs it; it opens nothing here.
 */
import type { Cloud } from '../cloud.ts';

export interface OwnerWebhook {
  url: string;
  secret: string;
}

/** Null also when the owner is being deleted. */
export async function getWebhook(cloud: Cloud, ownerId: string): Promise<OwnerWebhook | null> {
  const query =
    'SELECT webhook_url AS url, webhook_secret AS secret FROM owners WHERE id = ?1 AND webhook_url IS NOT NULL AND deleted_at IS NULL';
  return cloud.db.prepare(query).bind(ownerId).first<OwnerWebhook>();
}

export async function setWebhook(cloud: Cloud, ownerId: string, webhook: OwnerWebhook | null): Promise<void> {
  const update = 'UPDATE owners SET webhook_url = ?2, webhook_secret = ?3 WHERE id = ?1';
  await cloud.db
    .prepare(update)
    .bind(ownerId, webhook?.url ?? null, webhook?.secret ?? null)
    .run();
}
