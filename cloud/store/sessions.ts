/**
 * What a person or a program shows to be an owner, in D1: the cookie, the recovery code, refresh tokens.
 * Invariant: of a token only its SHA-256 is kept; one that has expired, or whose owner asked for everything to be deleted, is worth nothing.
 */
import type { Cloud } from '../cloud.ts';
import { randomToken, sha256Hex } from '../policy/tokens.ts';

export type SessionKind = 'cookie' | 'recovery' | 'api';

const dayMs = 86_400_000;
/** From the last day on which it was used. */
export const sessionSeconds = 365 * 86_400;
/** A recovery code is for the day on which all else is lost; it does not grow old. */
const never = Number.MAX_SAFE_INTEGER;

export interface NewSession {
  ownerId: string;
  kind: SessionKind;
  label?: string;
}

/** The statement that keeps a token; for a batch with what it belongs to. */
export async function sessionKept(cloud: Cloud, token: string, { ownerId, kind, label = '' }: NewSession): Promise<D1PreparedStatement> {
  const insert =
    'INSERT INTO sessions (token_hash, owner_id, kind, label, created_at, seen_at, expires_at) VALUES (?1, ?2, ?3, ?4, ?5, ?5, ?6)';
  const expiresAt = kind === 'recovery' ? never : cloud.now() + sessionSeconds * 1000;
  return cloud.db.prepare(insert).bind(await sha256Hex(token), ownerId, kind, label, cloud.now(), expiresAt);
}

/** @returns the token, which is nowhere else */
export async function addSession(cloud: Cloud, session: NewSession): Promise<string> {
  const token = randomToken();
  await (await sessionKept(cloud, token, session)).run();
  return token;
}

export interface SeenSession {
  ownerId: string;
  tokenHash: string;
  /** The first use in a day: it holds for another year from now, and so must its cookie. */
  isRenewed: boolean;
}

/** Who shows this token; null when it is worth nothing. Writes at most once a day. */
export async function readSession(cloud: Cloud, token: string, kind: SessionKind): Promise<SeenSession | null> {
  const tokenHash = await sha256Hex(token);
  const query =
    'SELECT s.owner_id AS ownerId, s.seen_at AS seenAt FROM sessions s JOIN owners o ON o.id = s.owner_id' +
    ' WHERE s.token_hash = ?1 AND s.kind = ?2 AND s.expires_at > ?3 AND o.deleted_at IS NULL';
  const row = await cloud.db.prepare(query).bind(tokenHash, kind, cloud.now()).first<{ ownerId: string; seenAt: number }>();
  if (!row) return null;
  const isRenewed = kind !== 'recovery' && cloud.now() - row.seenAt >= dayMs;
  if (isRenewed) await renew(cloud, tokenHash, row.ownerId);
  return { ownerId: row.ownerId, tokenHash, isRenewed };
}

async function renew(cloud: Cloud, tokenHash: string, ownerId: string): Promise<void> {
  const [{ db }, now] = [cloud, cloud.now()];
  const session = 'UPDATE sessions SET seen_at = ?2, expires_at = ?3 WHERE token_hash = ?1';
  await db.batch([
    db.prepare(session).bind(tokenHash, now, now + sessionSeconds * 1000),
    db.prepare('UPDATE owners SET seen_at = ?2 WHERE id = ?1').bind(ownerId, now),
  ]);
}

/** Whether a session that is known by its hash is still good. */
export async function isAlive(cloud: Cloud, tokenHash: string, ownerId: string): Promise<boolean> {
  const query =
    'SELECT 1 FROM sessions s JOIN owners o ON o.id = s.owner_id' +
    ' WHERE s.token_hash = ?1 AND s.owner_id = ?2 AND s.expires_at > ?3 AND o.deleted_at IS NULL';
  return (await cloud.db.prepare(query).bind(tokenHash, ownerId, cloud.now()).first()) !== null;
}

export async function endSession(cloud: Cloud, token: string): Promise<void> {
  await cloud.db
    .prepare('DELETE FROM sessions WHERE token_hash = ?1')
    .bind(await sha256Hex(token))
    .run();
}

/** Gives the owner this recovery code and no other. */
export async function replaceRecovery(cloud: Cloud, ownerId: string, code: string): Promise<void> {
  await cloud.db.batch([
    cloud.db.prepare("DELETE FROM sessions WHERE owner_id = ?1 AND kind = 'recovery'").bind(ownerId),
    await sessionKept(cloud, code, { ownerId, kind: 'recovery' }),
  ]);
}
