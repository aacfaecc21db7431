/**
 * Passkeys in D1.
 * Invariant: a credential leads to one owner; its counter only grows, by a compare-and-set, so that a copied key is noticed.
 */
import type { Cloud } from '../cloud.ts';
import type { Passkey } from '../../src/core/job/cloudIdentity.ts';

export interface PasskeyRow {
  id: string;
  ownerId: string;
  /** COSE key, base64url. */
  publicKey: string;
  counter: number;
}

export const passkeysPerOwner = 20;

/** @returns false when the credential is known already or the owner has too many */
export async function addPasskey(cloud: Cloud, { id, ownerId, publicKey, counter }: PasskeyRow, transports: string[]): Promise<boolean> {
  const insert =
    'INSERT INTO passkeys (credential_id, owner_id, public_key, counter, transports, created_at) SELECT ?1, ?2, ?3, ?4, ?5, ?6' +
    ' WHERE (SELECT count(*) FROM passkeys WHERE owner_id = ?2) < ?7 ON CONFLICT DO NOTHING';
  const values = [id, ownerId, publicKey, counter, JSON.stringify(transports), cloud.now(), passkeysPerOwner];
  const { meta } = await cloud.db
    .prepare(insert)
    .bind(...values)
    .run();
  return meta.changes === 1;
}

/** Null also when its owner asked for everything to be deleted. */
export function findPasskey(cloud: Cloud, id: string): Promise<PasskeyRow | null> {
  const query =
    'SELECT k.credential_id AS id, k.owner_id AS ownerId, k.public_key AS publicKey, k.counter FROM passkeys k' +
    ' JOIN owners o ON o.id = k.owner_id WHERE k.credential_id = ?1 AND o.deleted_at IS NULL';
  return cloud.db.prepare(query).bind(id).first<PasskeyRow>();
}

/** @returns false when it was used otherwise meanwhile */
export async function noteCounter(cloud: Cloud, { id, counter }: PasskeyRow, newCounter: number): Promise<boolean> {
  const update = 'UPDATE passkeys SET counter = ?3 WHERE credential_id = ?1 AND counter = ?2';
  const { meta } = await cloud.db.prepare(update).bind(id, counter, newCounter).run();
  return meta.changes === 1;
}

export async function listPasskeys(cloud: Cloud, ownerId: string): Promise<Passkey[]> {
  const query = 'SELECT credential_id AS id, created_at AS createdAt FROM passkeys WHERE owner_id = ?1 ORDER BY created_at, id';
  return (await cloud.db.prepare(query).bind(ownerId).all<Passkey>()).results;
}

/** @returns false when this owner has none of this name */
export async function removePasskey(cloud: Cloud, ownerId: string, id: string): Promise<boolean> {
  const remove = 'DELETE FROM passkeys WHERE owner_id = ?1 AND credential_id = ?2 RETURNING credential_id';
  return (await cloud.db.prepare(remove).bind(ownerId, id).first()) !== null;
}
