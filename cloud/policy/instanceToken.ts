/**
 * The worker token of a rented machine: its name and our signature under it.
 * Invariant: it is good for that machine's claims only. The machine's row in D1 says whether it is still wanted (store/instances.ts).
 */
import type { Env } from '../env.ts';
import { sign, verify } from './keys.ts';

type Secrets = Pick<Env, 'MASTER_SECRET' | 'MASTER_SECRET_BEFORE'>;
const purpose = 'instance-worker';

export const instanceToken = async (env: Secrets, instanceId: string): Promise<string> =>
  `${instanceId}.${await sign(env, purpose, instanceId)}`;

/** The machine that the token is of; null when it is not a token of ours. */
export async function instanceOfToken(env: Secrets, token: string): Promise<string | null> {
  const [instanceId = '', signature = '', ...more] = token.split('.');
  if (!instanceId.startsWith('ins_') || more.length > 0) return null;
  return (await verify(env, purpose, instanceId, signature)) ? instanceId : null;
}
