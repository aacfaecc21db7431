/**
 * Shares in D1 and their copies at the edge.
 * Invariant: a share is found by the hash of its token only, and one that is revoked, expired or of a deleted project is not found.
 */
import type { Share, ShareRole } from '../../src/core/job/cloudShares.ts';
import type { Cloud } from '../cloud.ts';
import { newId, randomToken, sha256Hex } from '../policy/tokens.ts';
import { cached, forgetCached } from './kvCache.ts';

/** What a visitor's request needs to know. */
export interface OpenShare {
  id: string;
  projectId: string;
  role: ShareRole;
  title: string;
  passwordHash: string | null;
  expiresAt: number | null;
}

export interface ShareWish {
  projectId: string;
  ownerId: string;
  role: ShareRole;
  title: string;
  passwordHash: string | null;
  expiresAt: number | null;
}

/** 128 random bits: short enough for a link, too many to be guessed. */
const tokenBytes = 16;

/** @returns the share and its token, which is nowhere else */
export async function addShare(cloud: Cloud, wish: ShareWish): Promise<{ share: Share; token: string }> {
  const [id, token, createdAt] = [newId('shr'), randomToken(tokenBytes), cloud.now()];
  const insert =
    'INSERT INTO shares (id, token_hash, project_id, owner_id, role, title, password_hash, expires_at, created_at)' +
    ' VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)';
  const { projectId, ownerId, role, title, passwordHash, expiresAt } = wish;
  await cloud.db
    .prepare(insert)
    .bind(id, await sha256Hex(token), projectId, ownerId, role, title, passwordHash, expiresAt, createdAt)
    .run();
  return { token, share: { id, role, title, hasPassword: passwordHash !== null, expiresAt, revokedAt: null, createdAt } };
}

export async function listShares(cloud: Cloud, ownerId: string, projectId: string): Promise<Share[]> {
  const query =
    'SELECT id, role, title, password_hash IS NOT NULL AS hasPassword, expires_at AS expiresAt, revoked_at AS revokedAt, created_at AS createdAt' +
    ' FROM shares WHERE project_id = ?1 AND owner_id = ?2 ORDER BY created_at DESC, id';
  const { results } = await cloud.db.prepare(query).bind(projectId, ownerId).all<Omit<Share, 'hasPassword'> & { hasPassword: number }>();
  return results.map((row) => ({ ...row, hasPassword: row.hasPassword === 1 }));
}

/** @returns false when there is no such share of this owner; one that is revoked already stays as it is */
export async function revokeShare(cloud: Cloud, ownerId: string, id: string): Promise<boolean> {
  const update =
    'UPDATE shares SET revoked_at = coalesce(revoked_at, ?3) WHERE id = ?1 AND owner_id = ?2 RETURNING token_hash AS tokenHash';
  const row = await cloud.db.prepare(update).bind(id, ownerId, cloud.now()).first<{ tokenHash: string }>();
  if (!row) return false;
  await forgetCached(cloud, [`share:${row.tokenHash}`]);
  return true;
}

/** The share that a token opens; null when it opens none (any more). */
export async function openShare(cloud: Cloud, token: string): Promise<OpenShare | null> {
  if (!/^[A-Za-z0-9_-]{22}$/.test(token)) return null;
  const hash = await sha256Hex(token);
  const query =
    'SELECT s.id, s.project_id AS projectId, s.role, s.title, s.password_hash AS passwordHash, s.expires_at AS expiresAt' +
    " FROM shares s JOIN projects p ON p.id = s.project_id WHERE s.token_hash = ?1 AND s.revoked_at IS NULL AND p.status = 'active'";
  const share = await cached(cloud, `share:${hash}`, () => cloud.db.prepare(query).bind(hash).first<OpenShare>());
  return share && (share.expiresAt === null || share.expiresAt > cloud.now()) ? share : null;
}
