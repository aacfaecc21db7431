/**
 * Signing in: the browser becomes an owner that was there before.
 * Invariant: what this browser made as nobody in particular is not lost by it (store/mergeOwners.ts), and its session of before is over.
 */
import type { Context } from 'hono';
import type { SessionAnswer } from '../../src/core/job/cloudIdentity.ts';
import { clearCookie, readCookie, writeCookie } from '../policy/cookie.ts';
import { mergeOwners } from '../store/mergeOwners.ts';
import { getOwner } from '../store/owners.ts';
import { addSession, endSession, readSession, sessionSeconds } from '../store/sessions.ts';
import type { AppEnv } from './appEnv.ts';

export async function signIn(c: Context<AppEnv>, ownerId: string): Promise<void> {
  const { cloud } = c.var;
  const cookie = readCookie(c, 'owner');
  const before = cookie === undefined ? null : await readSession(cloud, cookie, 'cookie');
  if (before && before.ownerId !== ownerId) await mergeOwners(cloud, before.ownerId, ownerId);
  writeCookie(c, 'owner', await addSession(cloud, { ownerId, kind: 'cookie' }), sessionSeconds);
  if (cookie !== undefined) await endSession(cloud, cookie);
  c.set('ownerId', ownerId);
}

/** This browser is nobody again; others stay. */
export async function signOut(c: Context<AppEnv>): Promise<void> {
  const cookie = readCookie(c, 'owner');
  if (cookie !== undefined) await endSession(c.var.cloud, cookie);
  clearCookie(c, 'owner');
  c.set('ownerId', null);
}

export const sessionAnswer = async (c: Context<AppEnv>): Promise<SessionAnswer> => ({
  owner: c.var.ownerId === null ? null : await getOwner(c.var.cloud, c.var.ownerId),
});
