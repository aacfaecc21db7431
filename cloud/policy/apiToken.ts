/**
 * Access tokens of programs: JSON Web Tokens (RFC 7519), HS256.
 * Invariant: one names the refresh token it was given for, so that it ends with it; its key signs nothing else.
 */
import { sign, verify } from 'hono/jwt';
import * as z from 'zod';
import type { Env } from '../env.ts';
import { deriveHex } from './keys.ts';

type Secrets = Pick<Env, 'MASTER_SECRET' | 'MASTER_SECRET_BEFORE'>;

const purpose = 'api-jwt';
const audience = 'api';
export const accessSeconds = 15 * 60;

export interface Access {
  ownerId: string;
  /** Hash of the refresh token. */
  tokenHash: string;
}

const claims = z.object({ sub: z.string(), sid: z.string(), aud: z.literal(audience), exp: z.number() });

export async function signAccess(
  env: Secrets,
  { ownerId, tokenHash }: Access,
  nowMs: number,
): Promise<{ token: string; expiresAt: number }> {
  const iat = Math.floor(nowMs / 1000);
  const exp = iat + accessSeconds;
  const token = await sign({ sub: ownerId, sid: tokenHash, aud: audience, iat, exp }, await deriveHex(env, purpose), 'HS256');
  return { token, expiresAt: exp * 1000 };
}

async function readClaims(token: string, secret: string): Promise<unknown> {
  try {
    // The time is looked at by the caller's clock.
    return await verify(token, await deriveHex({ MASTER_SECRET: secret }, purpose), { alg: 'HS256', exp: false, iat: false, nbf: false });
  } catch {
    return null;
  }
}

/** What a token says; null when we did not sign it or its time is over. Whether its owner is still there is for the caller to ask. */
export async function readAccess({ MASTER_SECRET, MASTER_SECRET_BEFORE }: Secrets, token: string, nowMs: number): Promise<Access | null> {
  for (const secret of [MASTER_SECRET, MASTER_SECRET_BEFORE]) {
    if (secret === undefined) continue;
    const read = claims.safeParse(await readClaims(token, secret));
    if (read.success && read.data.exp * 1000 > nowMs) return { ownerId: read.data.sub, tokenHash: read.data.sid };
  }
  return null;
}
