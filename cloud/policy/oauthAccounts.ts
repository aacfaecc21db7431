/**
 * Accounts at GitHub and Google: where to send a person, and who came back.
 * Invariant: only the provider's own number for the account is learned; the provider's tokens end here, and no name or e-mail is asked for.
 */
import { GitHub, Google, decodeIdToken } from 'arctic';
import * as z from 'zod';
import type { IdentityProvider } from '../../src/core/job/cloudIdentity.ts';
import type { Cloud } from '../cloud.ts';
import type { Env } from '../env.ts';

export interface OAuthAccounts {
  /** @param verifier PKCE's secret (RFC 7636), of which the address holds the hash */
  address(state: string, verifier: string): URL;
  /** @throws when the provider does not say who it is */
  subject(cloud: Cloud, code: string, verifier: string): Promise<string>;
}

function github(id: string, secret: string, redirectUri: string): OAuthAccounts {
  const client = new GitHub(id, secret, redirectUri);
  const user = z.object({ id: z.int().positive() });
  return {
    // No scope: what anybody may read of the account is more than enough. The client does not do PKCE for GitHub; the secret stays here.
    address: (state) => client.createAuthorizationURL(state, []),
    async subject(cloud, code) {
      const tokens = await client.validateAuthorizationCode(code);
      const headers = {
        authorization: `Bearer ${tokens.accessToken()}`,
        accept: 'application/vnd.github+json',
        'user-agent': 'splat-cloud',
      };
      const answer = await cloud.fetch('https://api.github.com/user', { headers, redirect: 'manual', signal: AbortSignal.timeout(10_000) });
      if (!answer.ok) throw new Error(`GitHub answered ${answer.status}.`);
      return String(user.parse(await answer.json()).id);
    },
  };
}

function google(id: string, secret: string, redirectUri: string): OAuthAccounts {
  const client = new Google(id, secret, redirectUri);
  const claims = z.object({
    iss: z.enum(['https://accounts.google.com', 'accounts.google.com']),
    aud: z.literal(id),
    sub: z.string().min(1).max(255),
    exp: z.number(),
  });
  return {
    address: (state, verifier) => client.createAuthorizationURL(state, verifier, ['openid']),
    async subject(cloud, code, verifier) {
      const tokens = await client.validateAuthorizationCode(code, verifier);
      // It came from Google itself over TLS, so its signature need not be looked at (OpenID Connect Core 1.0, section 3.1.3.7, point 6).
      const { sub, exp } = claims.parse(decodeIdToken(tokens.idToken()));
      if (exp * 1000 <= cloud.now()) throw new Error('The ID token has expired.');
      return sub;
    },
  };
}

const makers = {
  github: { make: github, id: 'GITHUB_CLIENT_ID', secret: 'GITHUB_CLIENT_SECRET' },
  google: { make: google, id: 'GOOGLE_CLIENT_ID', secret: 'GOOGLE_CLIENT_SECRET' },
} as const;

export const identityProviders = Object.keys(makers) as IdentityProvider[];

/** Null where the provider is not configured. */
export function accountsOf(env: Env, provider: IdentityProvider, redirectUri: string): OAuthAccounts | null {
  const { make, id, secret } = makers[provider];
  const [clientId, clientSecret] = [env[id], env[secret]];
  return clientId && clientSecret ? make(clientId, clientSecret, redirectUri) : null;
}
