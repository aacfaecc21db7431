/**
 * Whoever begins something without being anybody yet becomes an owner without a name: no sign-up stands before the first scan.
 * Invariant: who is somebody already stays who they are.
 */
import type { Context } from 'hono';
import { writeCookie } from '../policy/cookie.ts';
import { createOwner } from '../store/owners.ts';
import { sessionSeconds } from '../store/sessions.ts';
import type { AppEnv } from './appEnv.ts';

/** The owner who asks, or a new one, whose cookie goes out with the answer. */
export async function ensureOwner(c: Context<AppEnv>): Promise<string> {
  if (c.var.ownerId !== null) return c.var.ownerId;
  const { ownerId, token } = await createOwner(c.var.cloud);
  writeCookie(c, 'owner', token, sessionSeconds);
  c.set('ownerId', ownerId);
  return ownerId;
}
