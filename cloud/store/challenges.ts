/**
 * One-time values of a sign-in under way, in D1.
 * Invariant: a challenge is taken once, by the browser that it was made for, within its time; only hashes are in its name.
 */
import * as z from 'zod';
import type { Cloud } from '../cloud.ts';
import { randomToken, sha256Hex } from '../policy/tokens.ts';

export type ChallengeKind = 'passkey-new' | 'passkey-sign-in' | 'oauth-github' | 'oauth-google';

export const challengeSeconds = 300;

/** What has to be remembered until the answer comes. */
const remembered = z.object({ browser: z.string(), verifier: z.string().nullable(), returnTo: z.string() });
export type Remembered = z.infer<typeof remembered>;

interface NewChallenge {
  kind: ChallengeKind;
  ownerId: string | null;
  /** What the browser keeps in a cookie meanwhile: nobody else's answer is taken for its own. */
  browser: string;
  verifier?: string;
  returnTo?: string;
}

/** @returns the value that the answer must hold */
export async function addChallenge(cloud: Cloud, { kind, ownerId, browser, verifier, returnTo }: NewChallenge): Promise<string> {
  const challenge = randomToken();
  const value: Remembered = { browser: await sha256Hex(browser), verifier: verifier ?? null, returnTo: returnTo ?? '/' };
  await cloud.db
    .prepare('INSERT INTO challenges (id, kind, value, owner_id, expires_at) VALUES (?1, ?2, ?3, ?4, ?5)')
    .bind(await sha256Hex(challenge), kind, JSON.stringify(value), ownerId, cloud.now() + challengeSeconds * 1000)
    .run();
  return challenge;
}

/** Takes the challenge away, whatever comes of it. Null when it is none, too old, or another browser's. */
export async function takeChallenge(
  cloud: Cloud,
  kind: ChallengeKind,
  challenge: string,
  browser: string | undefined,
): Promise<(Remembered & { ownerId: string | null }) | null> {
  const take = 'DELETE FROM challenges WHERE id = ?1 AND kind = ?2 RETURNING value, owner_id AS ownerId, expires_at AS expiresAt';
  const row = await cloud.db
    .prepare(take)
    .bind(await sha256Hex(challenge), kind)
    .first<{ value: string; ownerId: string | null; expiresAt: number }>();
  if (!row || row.expiresAt <= cloud.now() || browser === undefined) return null;
  const value = remembered.parse(JSON.parse(row.value));
  return value.browser === (await sha256Hex(browser)) ? { ...value, ownerId: row.ownerId } : null;
}
