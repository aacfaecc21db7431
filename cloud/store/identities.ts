/**
 * Accounts elsewhere that lead to an owner, in D1.
 * Invariant: an account leads to one owner. Only the provider's own stable number for it is kept: no name, no e-mail, no token.
 */
import type { IdentityProvider } from '../../src/core/job/cloudIdentity.ts';
import type { Cloud } from '../cloud.ts';

export interface Identity {
  provider: IdentityProvider;
  subject: string;
}

/** Whom the account leads to; null when to nobody (any more). */
export async function ownerOfIdentity(cloud: Cloud, { provider, subject }: Identity): Promise<string | null> {
  const query =
    'SELECT i.owner_id AS ownerId FROM identities i JOIN owners o ON o.id = i.owner_id' +
    ' WHERE i.provider = ?1 AND i.subject = ?2 AND o.deleted_at IS NULL';
  const row = await cloud.db.prepare(query).bind(provider, subject).first<{ ownerId: string }>();
  return row?.ownerId ?? null;
}

/**
 * Lets the account lead to this owner, unless it leads to another who is there.
 * @returns whom it leads to now
 */
export async function linkIdentity(cloud: Cloud, { provider, subject }: Identity, ownerId: string): Promise<string> {
  const link =
    'INSERT INTO identities (provider, subject, owner_id, created_at) VALUES (?1, ?2, ?3, ?4) ON CONFLICT (provider, subject)' +
    ' DO UPDATE SET owner_id = ?3, created_at = ?4 WHERE EXISTS (SELECT 1 FROM owners WHERE id = owner_id AND deleted_at IS NOT NULL)';
  await cloud.db.prepare(link).bind(provider, subject, ownerId, cloud.now()).run();
  return (await ownerOfIdentity(cloud, { provider, subject })) ?? ownerId;
}

/** @returns false when this owner has none of this provider */
export async function unlinkIdentity(cloud: Cloud, ownerId: string, provider: IdentityProvider): Promise<boolean> {
  const remove = 'DELETE FROM identities WHERE owner_id = ?1 AND provider = ?2 RETURNING subject';
  return (await cloud.db.prepare(remove).bind(ownerId, provider).first()) !== null;
}
