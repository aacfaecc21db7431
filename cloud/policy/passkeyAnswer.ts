/**
 * What a browser sends after navigator.credentials.create() and get(), as JSON (WebAuthn level 3, section 5.1).
 * Invariant: only what is used is let through to the library; what browsers add to it is passed over.
 */
import * as z from 'zod';
import { ownBytesOfBase64Url } from './base64Url.ts';

const bytes = z.string().regex(/^[\w-]+$/).max(20_000); // prettier-ignore
const about = {
  id: bytes,
  rawId: bytes,
  type: z.literal('public-key'),
  // Results of extensions; we ask for none.
  clientExtensionResults: z.looseObject({}).transform(() => ({})),
};

const transport = z.enum(['ble', 'cable', 'hybrid', 'internal', 'nfc', 'smart-card', 'usb']);

export const attestationResponse = z.object({
  ...about,
  response: z.object({
    clientDataJSON: bytes,
    attestationObject: bytes,
    // A kind that is not known yet is no reason to refuse the key.
    transports: z.exactOptional(z.array(transport).max(10).catch([])),
  }),
});

export const assertionResponse = z.object({
  ...about,
  response: z.object({ clientDataJSON: bytes, authenticatorData: bytes, signature: bytes, userHandle: z.exactOptional(bytes) }),
});

const clientData = z.object({ challenge: z.string().min(1).max(200) });

/** The challenge that an answer says it is of; null when it says none. Whether it is signed is looked at later. */
export function challengeOf(clientDataJSON: string): string | null {
  try {
    return clientData.parse(JSON.parse(new TextDecoder().decode(ownBytesOfBase64Url(clientDataJSON)))).challenge;
  } catch {
    return null;
  }
}
