/**
 * Adding a passkey and signing in with one: the server's question, the browser's answer, the server's word.
 * Invariant: what the browser or the person refuses is a value, with a code that has its words.
 */
import {
  type PublicKeyCredentialCreationOptionsJSON,
  WebAuthnError,
  browserSupportsWebAuthn,
  startAuthentication,
  startRegistration,
} from '@simplewebauthn/browser';
import type { PasskeyOptions, PasskeyResponse } from '../../../core/job/cloudAccount.ts';
import type { CloudOwner } from '../../../core/job/cloudIdentity.ts';
import type { AccountClient } from './accountClient.ts';
import type { CloudAnswer, CloudNo } from './cloudCalls.ts';

export const hasPasskeys = (): boolean => browserSupportsWebAuthn();

const noOf = (code: string, detail: string): CloudNo => ({
  ok: false,
  no: 'refused',
  failure: { code: 'cloud-refused', detail },
  retryAfterMs: null,
  status: null,
  code,
});

/** Closing the dialog, letting it run out and having no key look the same to a page (WebAuthn level 3, section 14.5). */
function refusalOf(error: unknown): CloudNo {
  const detail = error instanceof Error ? error.message : String(error);
  if (error instanceof WebAuthnError && error.code === 'ERROR_AUTHENTICATOR_PREVIOUSLY_REGISTERED') return noOf('passkey-known', detail);
  const isCancelled = error instanceof Error && (error.name === 'NotAllowedError' || error.name === 'AbortError');
  return noOf(isCancelled ? 'passkey-cancelled' : 'passkey-failed', detail);
}

async function ceremony(
  asking: Promise<CloudAnswer<PasskeyOptions>>,
  answer: (options: PasskeyOptions) => Promise<unknown>,
  tell: (response: PasskeyResponse) => Promise<CloudAnswer<CloudOwner | null>>,
): Promise<CloudAnswer<CloudOwner | null>> {
  const options = await asking;
  if (!options.ok) return options;
  try {
    return await tell((await answer(options.value)) as PasskeyResponse);
  } catch (error) {
    return refusalOf(error);
  }
}

/** Asks the person for a new passkey that leads to who they are now. */
export const addPasskey = (client: Pick<AccountClient, 'newPasskeyOptions' | 'addPasskey'>): Promise<CloudAnswer<CloudOwner | null>> =>
  ceremony(
    client.newPasskeyOptions(),
    (options) => startRegistration({ optionsJSON: options as unknown as PublicKeyCredentialCreationOptionsJSON }),
    client.addPasskey,
  );

/** This browser becomes who the chosen passkey leads to. */
export const signInWithPasskey = (
  client: Pick<AccountClient, 'signInOptions' | 'signInWithPasskey'>,
): Promise<CloudAnswer<CloudOwner | null>> =>
  ceremony(client.signInOptions(), (options) => startAuthentication({ optionsJSON: options }), client.signInWithPasskey);
