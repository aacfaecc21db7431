/** Who may: routes that need an owner ask here. */
import type { Context } from 'hono';
import type { AppEnv } from './appEnv.ts';
import { Refusal } from './refusal.ts';

/** The owner's id. @throws Refusal 401 for a stranger */
export function requireOwner(c: Context<AppEnv>): string {
  const { ownerId } = c.var;
  if (ownerId === null) throw new Refusal(401, 'no-owner', 'Nobody is signed in: no session cookie and no token came with this request.');
  return ownerId;
}
