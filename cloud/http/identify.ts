/**
 * Who asks: a browser by its cookie, a program by `authorization: Bearer` and an access token.
 * Invariant: a token that is shown and is not good is refused; it is never taken for a stranger's request, which might begin a new owner.
 */
import { createMiddleware } from 'hono/factory';
import type { Cloud } from '../cloud.ts';
import { readAccess } from '../policy/apiToken.ts';
import { readCookie, writeCookie } from '../policy/cookie.ts';
import { isAlive, readSession, sessionSeconds } from '../store/sessions.ts';
import type { AppEnv } from './appEnv.ts';
import { isMachineRoute } from './machineRoutes.ts';
import { Refusal } from './refusal.ts';

/** What comes after "Bearer"; other schemes are not ours, e.g. those of a proxy in front. */
const bearerOf = (header: string | undefined): string | undefined => /^Bearer +(.*)$/i.exec(header ?? '')?.[1];

/** @throws Refusal 401 */
async function ownerOfBearer(cloud: Cloud, token: string): Promise<string> {
  const access = /^[\w-]+\.[\w-]+\.[\w-]+$/.test(token) ? await readAccess(cloud.env, token, cloud.now()) : null;
  if (!access || !(await isAlive(cloud, access.tokenHash, access.ownerId)))
    throw new Refusal(401, 'bad-token', 'The access token is not good (any more); get a new one from POST /api/token.', {
      'www-authenticate': 'Bearer error="invalid_token"',
    });
  return access.ownerId;
}

export const identify = createMiddleware<AppEnv>(async (c, next) => {
  const { cloud } = c.var;
  const bearer = bearerOf(c.req.header('authorization'));
  const cookie = readCookie(c, 'owner');
  if (isMachineRoute(c.req.path)) await next();
  else if (bearer !== undefined) {
    c.set('ownerId', await ownerOfBearer(cloud, bearer));
    await next();
  } else {
    const session = cookie === undefined ? null : await readSession(cloud, cookie, 'cookie');
    if (session) c.set('ownerId', session.ownerId);
    // What holds for another year does so in the browser too.
    if (session?.isRenewed && cookie !== undefined) writeCookie(c, 'owner', cookie, sessionSeconds);
    await next();
  }
});
