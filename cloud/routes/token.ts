/**
 * /api/tokens: refresh tokens of programs; POST /api/token: an access token for one.
 * Invariant: a refresh token is shown once, and with it end all access tokens that were given for it.
 */
import { Hono } from 'hono';
import * as z from 'zod';
import type { AccessToken, ApiTokenList, NewApiToken } from '../../src/core/job/cloudIdentity.ts';
import type { AppEnv } from '../http/appEnv.ts';
import { requireOwner } from '../http/owner.ts';
import { countTry } from '../http/rateLimit.ts';
import { readJson } from '../http/readJson.ts';
import { Refusal, notFound } from '../http/refusal.ts';
import { signAccess } from '../policy/apiToken.ts';
import { addApiToken, listApiTokens, revokeApiToken } from '../store/apiTokens.ts';
import { count } from '../store/counters.ts';
import { readSession } from '../store/sessions.ts';

export const newToken = z.strictObject({ label: z.string().trim().min(1).max(100) });
export const exchange = z.strictObject({ refreshToken: z.string().max(200) });
const tokensPerOwner = 20;
const [tries, windowSeconds] = [60, 60];

export const tokensRoutes = new Hono<AppEnv>()
  .get('/', async (c) => c.json<ApiTokenList>({ tokens: await listApiTokens(c.var.cloud, requireOwner(c)) }))

  .post('/', async (c) => {
    const { cloud } = c.var;
    const ownerId = requireOwner(c);
    const { label } = await readJson(c, newToken, 4096);
    if ((await listApiTokens(cloud, ownerId)).length >= tokensPerOwner)
      throw new Refusal(409, 'too-many-tokens', `There may be ${tokensPerOwner} tokens at most; revoke one that is not needed.`);
    return c.json<NewApiToken>(await addApiToken(cloud, ownerId, label), 201);
  })

  .delete('/:id', async (c) => {
    if (!(await revokeApiToken(c.var.cloud, requireOwner(c), c.req.param('id')))) throw notFound('token');
    return c.body(null, 204);
  });

export const tokenRoutes = new Hono<AppEnv>().post('/', async (c) => {
  const { cloud } = c.var;
  const { refreshToken } = await readJson(c, exchange, 4096);
  await countTry(c, 'token', tries, windowSeconds);
  const session = await readSession(cloud, refreshToken, 'api');
  if (!session) {
    count(cloud, 'refused', 'refresh token');
    throw new Refusal(401, 'bad-refresh-token', 'This refresh token is not good (any more).');
  }
  return c.json<AccessToken>(await signAccess(cloud.env, session, cloud.now()));
});
