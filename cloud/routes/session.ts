/**
 * /api/session: who this browser is, and the recovery code by which another one becomes the same.
 * Invariant: a code is guessed by nobody: it has 120 random bits, and tries are counted.
 */
import { Hono } from 'hono';
import * as z from 'zod';
import type { RecoveryCode, SessionAnswer } from '../../src/core/job/cloudIdentity.ts';
import type { AppEnv } from '../http/appEnv.ts';
import { ensureOwner } from '../http/ensureOwner.ts';
import { requireOwner } from '../http/owner.ts';
import { countTry } from '../http/rateLimit.ts';
import { readJson } from '../http/readJson.ts';
import { Refusal } from '../http/refusal.ts';
import { sessionAnswer, signIn, signOut } from '../http/signIn.ts';
import { newRecoveryCode, printedCode, readRecoveryCode } from '../policy/recoveryCode.ts';
import { count } from '../store/counters.ts';
import { readSession, replaceRecovery } from '../store/sessions.ts';

export const recoverRequest = z.strictObject({ code: z.string().max(200) });
const [tries, windowSeconds] = [10, 600];

export const sessionRoutes = new Hono<AppEnv>()
  .get('/', async (c) => c.json<SessionAnswer>(await sessionAnswer(c)))

  .post('/', async (c) => {
    await ensureOwner(c);
    return c.json<SessionAnswer>(await sessionAnswer(c));
  })

  .delete('/', async (c) => {
    await signOut(c);
    return c.body(null, 204);
  })

  .post('/recovery-code', async (c) => {
    const code = newRecoveryCode();
    await replaceRecovery(c.var.cloud, requireOwner(c), code);
    return c.json<RecoveryCode>({ code: printedCode(code) }, 201);
  })

  .post('/recover', async (c) => {
    const { cloud } = c.var;
    const code = readRecoveryCode((await readJson(c, recoverRequest, 1024)).code);
    if (code === null) throw new Refusal(400, 'mistyped-code', 'A letter of this code is wrong, or one is missing.');
    await countTry(c, 'recover', tries, windowSeconds);
    const session = await readSession(cloud, code, 'recovery');
    if (!session) {
      count(cloud, 'refused', 'recovery');
      throw new Refusal(401, 'unknown-code', 'Nothing is known by this code; it may have been replaced by a newer one.');
    }
    await signIn(c, session.ownerId);
    return c.json<SessionAnswer>(await sessionAnswer(c));
  });
