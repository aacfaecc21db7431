/**
 * Owners in D1: whose the projects are. An owner is a name and nothing else; no address, no e-mail.
 * Invariant: an owner comes into being together with the first session that leads to it, so that none is there whom nobody can be.
 */
import type { CloudOwner } from '../../src/core/job/cloudIdentity.ts';
import type { Cloud } from '../cloud.ts';
import { newId, randomToken } from '../policy/tokens.ts';
import { sessionKept } from './sessions.ts';

/** @returns the owner and the token of the browser's session, which is nowhere else */
export async function createOwner(cloud: Cloud): Promise<{ ownerId: string; token: string }> {
  const [ownerId, token] = [newId('own'), randomToken()];
  await cloud.db.batch([
    cloud.db.prepare('INSERT INTO owners (id, created_at, seen_at) VALUES (?1, ?2, ?2)').bind(ownerId, cloud.now()),
    await sessionKept(cloud, token, { ownerId, kind: 'cookie' }),
  ]);
  return { ownerId, token };
}

/** Null when there is none (any more). */
export async function getOwner(cloud: Cloud, ownerId: string): Promise<CloudOwner | null> {
  const query =
    'SELECT id, created_at AS createdAt, EXISTS (SELECT 1 FROM passkeys WHERE owner_id = ?1) AS hasPasskey,' +
    " EXISTS (SELECT 1 FROM sessions WHERE owner_id = ?1 AND kind = 'recovery') AS hasRecovery" +
    ' FROM owners WHERE id = ?1 AND deleted_at IS NULL';
  const linked = 'SELECT provider, created_at AS createdAt FROM identities WHERE owner_id = ?1 ORDER BY provider';
  const [owners, identities] = await cloud.db.batch<unknown>([
    cloud.db.prepare(query).bind(ownerId),
    cloud.db.prepare(linked).bind(ownerId),
  ]);
  const owner = (owners.results as (Pick<CloudOwner, 'id' | 'createdAt'> & Record<'hasPasskey' | 'hasRecovery', number>)[]).at(0);
  if (!owner) return null;
  return {
    ...owner,
    hasPasskey: owner.hasPasskey === 1,
    hasRecovery: owner.hasRecovery === 1,
    identities: identities.results as CloudOwner['identities'],
  };
}
