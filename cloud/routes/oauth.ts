/**
 * /api/oauth: accounts elsewhere as a way back to an owner; off unless client ids are configured.
 * Invariant: an answer is taken once, from the browser that was sent away, and leads only to a page of our own.
 */
import { generateCodeVerifier } from 'arctic';
import { type Context, Hono } from 'hono';
import type { IdentityProvider } from '../../src/core/job/cloudIdentity.ts';
import type { AppEnv } from '../http/appEnv.ts';
import { ensureOwner } from '../http/ensureOwner.ts';
import { requireOwner } from '../http/owner.ts';
import { Refusal, notFound } from '../http/refusal.ts';
import { signIn } from '../http/signIn.ts';
import { clearCookie, readCookie, writeCookie } from '../policy/cookie.ts';
import { type OAuthAccounts, accountsOf, identityProviders } from '../policy/oauthAccounts.ts';
import { randomToken } from '../policy/tokens.ts';
import { addChallenge, challengeSeconds, takeChallenge } from '../store/challenges.ts';
import { count } from '../store/counters.ts';
import { type Identity, linkIdentity, ownerOfIdentity, unlinkIdentity } from '../store/identities.ts';

const originOf = (c: Context): string => new URL(c.req.url).origin;
const redirectUri = (c: Context, provider: IdentityProvider): string => `${originOf(c)}/api/oauth/${provider}/callback`;

/** @throws Refusal 404 for a provider that is unknown or off */
function configured(c: Context<AppEnv>): { provider: IdentityProvider; accounts: OAuthAccounts } {
  const provider = identityProviders.find((name) => name === c.req.param('provider'));
  const accounts = provider && accountsOf(c.env, provider, redirectUri(c, provider));
  if (!accounts) throw notFound('sign-in');
  return { provider, accounts };
}

/** @throws Refusal 400 unless it is a path of this very origin */
function ownPath(text: string, origin: string): string {
  const url = text.startsWith('/') && URL.canParse(text, origin) ? new URL(text, origin) : null;
  if (url?.origin !== origin) throw new Refusal(400, 'bad-redirect', 'redirect_to must be a path of this site.');
  return `${url.pathname}${url.search}${url.hash}`;
}

/** Back to our page, which reads in the address how it went. Put together, so that a path like "//elsewhere" stays a path. */
function back(c: Context, path: string, outcome: 'ok' | 'failed'): Response {
  const url = new URL(`${originOf(c)}${path}`);
  url.searchParams.set('sign-in', outcome);
  return c.redirect(url.href, 302);
}

/** The account becomes, or already is, a way to an owner; this browser becomes that owner. */
async function enter(c: Context<AppEnv>, identity: Identity): Promise<void> {
  const { cloud } = c.var;
  const known = await ownerOfIdentity(cloud, identity);
  const ownerId = known ?? (await linkIdentity(cloud, identity, await ensureOwner(c)));
  if (ownerId !== c.var.ownerId) await signIn(c, ownerId);
}

export const oauthRoutes = new Hono<AppEnv>()
  .get('/', (c) => c.json({ providers: identityProviders.filter((name) => accountsOf(c.env, name, redirectUri(c, name))) }))

  .get('/:provider', async (c) => {
    const { provider, accounts } = configured(c);
    const returnTo = ownPath(c.req.query('redirect_to') ?? '/', originOf(c));
    const [browser, verifier] = [randomToken(), generateCodeVerifier()];
    const kind = `oauth-${provider}` as const;
    const state = await addChallenge(c.var.cloud, { kind, ownerId: null, browser, verifier, returnTo });
    writeCookie(c, 'sign-in', browser, challengeSeconds);
    return c.redirect(accounts.address(state, verifier).href, 302);
  })

  .get('/:provider/callback', async (c) => {
    const { cloud } = c.var;
    const { provider, accounts } = configured(c);
    const { state = '', code } = c.req.query();
    const began = await takeChallenge(cloud, `oauth-${provider}`, state, readCookie(c, 'sign-in'));
    clearCookie(c, 'sign-in');
    if (!began) {
      count(cloud, 'refused', 'oauth state');
      throw new Refusal(400, 'bad-state', 'This sign-in was not begun in this browser, or too long ago; begin again.');
    }
    // The person said no, or the provider did.
    if (code === undefined) return back(c, began.returnTo, 'failed');
    try {
      await enter(c, { provider, subject: await accounts.subject(cloud, code, began.verifier ?? '') });
    } catch (error) {
      cloud.log.warn('oauth-failed', { provider, error: error instanceof Error ? error.message : String(error) });
      return back(c, began.returnTo, 'failed');
    }
    return back(c, began.returnTo, 'ok');
  })

  .delete('/:provider', async (c) => {
    const provider = identityProviders.find((name) => name === c.req.param('provider'));
    if (!provider || !(await unlinkIdentity(c.var.cloud, requireOwner(c), provider))) throw notFound('linked account');
    return c.body(null, 204);
  });
