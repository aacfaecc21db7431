/**
 * /api/passkeys: the second way back to an owner: a key that the person's device or password manager keeps.
 * Invariant: a challenge is answered once, by the browser that asked for it, and the device has made sure who uses it.
 */
import {
  type AuthenticationResponseJSON,
  type RegistrationResponseJSON,
  generateAuthenticationOptions,
  generateRegistrationOptions,
  verifyAuthenticationResponse,
  verifyRegistrationResponse,
} from '@simplewebauthn/server';
import { type Context, Hono } from 'hono';
import type { PasskeyList, SessionAnswer } from '../../src/core/job/cloudIdentity.ts';
import type { AppEnv } from '../http/appEnv.ts';
import { requireOwner } from '../http/owner.ts';
import { readJson } from '../http/readJson.ts';
import { Refusal, notFound } from '../http/refusal.ts';
import { sessionAnswer, signIn } from '../http/signIn.ts';
import { clearCookie, readCookie, writeCookie } from '../policy/cookie.ts';
import { assertionResponse, attestationResponse, challengeOf } from '../policy/passkeyAnswer.ts';
import { relyingPartyOf } from '../policy/relyingParty.ts';
import { base64UrlOf, ownBytesOfBase64Url } from '../policy/base64Url.ts';
import { randomToken } from '../policy/tokens.ts';
import { type ChallengeKind, addChallenge, challengeSeconds, takeChallenge } from '../store/challenges.ts';
import { count } from '../store/counters.ts';
import { addPasskey, findPasskey, listPasskeys, noteCounter, removePasskey } from '../store/passkeys.ts';

const timeout = challengeSeconds * 1000;
const maxBytes = 32 * 1024;

const party = (c: Context<AppEnv>) => relyingPartyOf(c.req.url, c.var.cloud.config.isDevelopment);

/** The reason stays in the log: it tells an attacker what to do better. */
function refused(c: Context<AppEnv>, reason: string): Refusal {
  count(c.var.cloud, 'refused', 'passkey');
  c.var.cloud.log.warn('passkey-refused', { reason });
  return new Refusal(401, 'passkey-refused', 'This passkey was not accepted; try again.');
}

/** Begins a ceremony: the value to be signed, and the cookie by which the browser is known again. */
async function begun(c: Context<AppEnv>, kind: ChallengeKind, ownerId: string | null): Promise<Uint8Array<ArrayBuffer>> {
  const browser = randomToken();
  writeCookie(c, 'sign-in', browser, challengeSeconds);
  return ownBytesOfBase64Url(await addChallenge(c.var.cloud, { kind, ownerId, browser }));
}

/** The challenge of an answer, taken away. @throws Refusal 401 */
async function taken(
  c: Context<AppEnv>,
  kind: ChallengeKind,
  clientDataJSON: string,
): Promise<{ challenge: string; ownerId: string | null }> {
  const challenge = challengeOf(clientDataJSON);
  const row = challenge === null ? null : await takeChallenge(c.var.cloud, kind, challenge, readCookie(c, 'sign-in'));
  clearCookie(c, 'sign-in');
  if (challenge === null || !row) throw refused(c, 'challenge');
  return { challenge, ownerId: row.ownerId };
}

/** @throws Refusal 401 when the library does not accept it */
async function verified<T>(c: Context<AppEnv>, work: () => Promise<T & { verified: boolean }>): Promise<T> {
  try {
    const answer = await work();
    if (answer.verified) return answer;
  } catch (error) {
    throw refused(c, String(error));
  }
  throw refused(c, 'signature');
}

export const passkeyRoutes = new Hono<AppEnv>()
  .get('/', async (c) => c.json<PasskeyList>({ passkeys: await listPasskeys(c.var.cloud, requireOwner(c)) }))

  .post('/options', async (c) => {
    const ownerId = requireOwner(c);
    const known = await listPasskeys(c.var.cloud, ownerId);
    const options = await generateRegistrationOptions({
      rpName: 'Splat App',
      rpID: party(c).id,
      // What the person reads in the list of their keys; the owner has no name.
      userName: `Scans since ${new Date(c.var.cloud.now()).toISOString().slice(0, 10)}`,
      userID: Uint8Array.from(new TextEncoder().encode(ownerId)),
      challenge: await begun(c, 'passkey-new', ownerId),
      timeout,
      attestationType: 'none',
      excludeCredentials: known.map(({ id }) => ({ id })),
      authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
    });
    return c.json(options);
  })

  .post('/', async (c) => {
    const ownerId = requireOwner(c);
    const response: RegistrationResponseJSON = await readJson(c, attestationResponse, maxBytes);
    const { challenge, ownerId: beganBy } = await taken(c, 'passkey-new', response.response.clientDataJSON);
    if (beganBy !== ownerId) throw refused(c, 'owner');
    const { id, origins } = party(c);
    const { registrationInfo } = await verified(c, () =>
      verifyRegistrationResponse({ response, expectedChallenge: challenge, expectedOrigin: origins, expectedRPID: id }),
    );
    if (!registrationInfo) throw refused(c, 'no key');
    const { credential } = registrationInfo;
    const row = { id: credential.id, ownerId, publicKey: base64UrlOf(credential.publicKey), counter: credential.counter };
    if (!(await addPasskey(c.var.cloud, row, response.response.transports ?? [])))
      throw new Refusal(409, 'passkey-known', 'This passkey is known already, or there are too many.');
    return c.json<SessionAnswer>(await sessionAnswer(c), 201);
  })

  .post('/sign-in/options', async (c) => {
    const challenge = await begun(c, 'passkey-sign-in', null);
    return c.json(await generateAuthenticationOptions({ rpID: party(c).id, challenge, timeout, userVerification: 'required' }));
  })

  .post('/sign-in', async (c) => {
    const { cloud } = c.var;
    const response: AuthenticationResponseJSON = await readJson(c, assertionResponse, maxBytes);
    const { challenge } = await taken(c, 'passkey-sign-in', response.response.clientDataJSON);
    const passkey = await findPasskey(cloud, response.id);
    if (!passkey) throw refused(c, 'unknown key');
    const { id, origins } = party(c);
    const credential = { id: passkey.id, publicKey: ownBytesOfBase64Url(passkey.publicKey), counter: passkey.counter };
    const { authenticationInfo } = await verified(c, () =>
      verifyAuthenticationResponse({ response, expectedChallenge: challenge, expectedOrigin: origins, expectedRPID: id, credential }),
    );
    if (!(await noteCounter(cloud, passkey, authenticationInfo.newCounter))) throw refused(c, 'counter');
    await signIn(c, passkey.ownerId);
    return c.json<SessionAnswer>(await sessionAnswer(c));
  })

  .delete('/:id', async (c) => {
    if (!(await removePasskey(c.var.cloud, requireOwner(c), c.req.param('id')))) throw notFound('passkey');
    return c.body(null, 204);
  });
