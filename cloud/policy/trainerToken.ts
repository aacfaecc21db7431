/**
 * What an attempt's trainer shows: a token that names the job and the attempt, and a secret that signs the bodies of its calls.
 * Invariant: both are derived from the master secret, so nothing of them is stored; neither is good for another job or another attempt.
 */
import { sign, verify } from 'hono/jwt';
import type { Env } from '../env.ts';
import { deriveHex, deriveKey } from './keys.ts';

type Secrets = Pick<Env, 'MASTER_SECRET' | 'MASTER_SECRET_BEFORE'>;

export interface TrainerToken {
  jobId: string;
  attempt: number;
  /** Milliseconds since 1970. */
  expiresAt: number;
}

const purpose = 'trainer-token';
const audience = 'trainer';
const hmacPurpose = ({ jobId, attempt }: Pick<TrainerToken, 'jobId' | 'attempt'>): string => `trainer-hmac ${jobId} ${attempt}`;

/** A JWT (RFC 7519), HS256. */
export async function issueTrainerToken(env: Secrets, { jobId, attempt, expiresAt }: TrainerToken): Promise<string> {
  const claims = { sub: jobId, att: attempt, aud: audience, exp: Math.floor(expiresAt / 1000) };
  return sign(claims, await deriveKey(env, purpose), 'HS256');
}

/** The secret that the trainer signs with, hexadecimal. */
export const trainerSecret = (env: Secrets, at: Pick<TrainerToken, 'jobId' | 'attempt'>): Promise<string> =>
  deriveHex(env, hmacPurpose(at));

/**
 * What a token of ours says; null when it is none. Whether its time is over is for the caller to say.
 * @returns with the key of the same master secret, the present one or the one before it, that its calls are signed with
 */
export async function readTrainerToken(env: Secrets, token: string): Promise<(TrainerToken & { key: CryptoKey }) | null> {
  for (const MASTER_SECRET of [env.MASTER_SECRET, env.MASTER_SECRET_BEFORE]) {
    if (MASTER_SECRET === undefined) continue;
    const claims = await claimsOf(token, await deriveKey({ MASTER_SECRET }, purpose));
    if (claims) return { ...claims, key: await deriveKey({ MASTER_SECRET }, hmacPurpose(claims)) };
  }
  return null;
}

async function claimsOf(token: string, key: CryptoKey): Promise<TrainerToken | null> {
  try {
    // Time comes from the Cloud, not from the library.
    const { sub, att, exp } = await verify(token, key, { alg: 'HS256', aud: audience, exp: false });
    if (typeof sub !== 'string' || typeof att !== 'number' || typeof exp !== 'number') return null;
    return { jobId: sub, attempt: att, expiresAt: exp * 1000 };
  } catch {
    return null;
  }
}
