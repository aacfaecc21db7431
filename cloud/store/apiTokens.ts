/**
 * Refresh tokens of programs, in D1: sessions of the kind "api".
 * Invariant: one is listed and revoked by the beginning of its hash, which opens nothing.
 */
import type { ApiToken, NewApiToken } from '../../src/core/job/cloudIdentity.ts';
import type { Cloud } from '../cloud.ts';
import { sha256Hex } from '../policy/tokens.ts';
import { addSession } from './sessions.ts';

const idLength = 16;
const idOf = (tokenHash: string): string => `tok_${tokenHash.slice(0, idLength)}`;
const own = "owner_id = ?1 AND kind = 'api'";

export async function addApiToken(cloud: Cloud, ownerId: string, label: string): Promise<NewApiToken> {
  const refreshToken = await addSession(cloud, { ownerId, kind: 'api', label });
  return { id: idOf(await sha256Hex(refreshToken)), refreshToken };
}

export async function listApiTokens(cloud: Cloud, ownerId: string): Promise<ApiToken[]> {
  const query =
    'SELECT token_hash AS tokenHash, label, created_at AS createdAt, seen_at AS seenAt, expires_at AS expiresAt' +
    ` FROM sessions WHERE ${own} AND expires_at > ?2 ORDER BY created_at DESC, token_hash`;
  const { results } = await cloud.db.prepare(query).bind(ownerId, cloud.now()).all<Omit<ApiToken, 'id'> & { tokenHash: string }>();
  return results.map(({ tokenHash, ...token }) => ({ id: idOf(tokenHash), ...token }));
}

/** @returns false when this owner has none of this name */
export async function revokeApiToken(cloud: Cloud, ownerId: string, id: string): Promise<boolean> {
  const remove = `DELETE FROM sessions WHERE ${own} AND 'tok_' || substr(token_hash, 1, ${idLength}) = ?2 RETURNING token_hash`;
  return (await cloud.db.prepare(remove).bind(ownerId, id).first()) !== null;
}
