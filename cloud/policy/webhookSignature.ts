/**
 * Signing what goes to an owner's webhook, by Standard Webhooks 1.0 (https://www.standardwebhooks.com), which has ready verifiers in most
 * languages.
 * Invariant: id, time and every byte of the body are signed; the time is that of the try, so that an old message cannot be played again.
 */
import { base64Of } from './base64Url.ts';

const prefix = 'whsec_';
const encoder = new TextEncoder();

/** 32 random bytes, base64 after "whsec_". */
export const newWebhookSecret = (): string => prefix + base64Of(crypto.getRandomValues(new Uint8Array(32)));

/** @param id the same for every try of a message, so that the receiver knows a repeated one */
export async function webhookHeaders(secret: string, id: string, nowMs: number, body: string): Promise<Record<string, string>> {
  const bytes = Uint8Array.from(atob(secret.slice(prefix.length)), (character) => character.charCodeAt(0));
  const key = await crypto.subtle.importKey('raw', bytes, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign']);
  const timestamp = String(Math.floor(nowMs / 1000));
  const signature = await crypto.subtle.sign('HMAC', key, encoder.encode(`${id}.${timestamp}.${body}`));
  return {
    'webhook-id': id,
    'webhook-timestamp': timestamp,
    'webhook-signature': `v1,${base64Of(new Uint8Array(signature))}`,
  };
}
