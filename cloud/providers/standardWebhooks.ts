/**
 * Webhook signatures by the Standard Webhooks specification 1.0 (standard-webhooks/standard-webhooks, spec/standard-webhooks.md), as
 * Replicate sends them.
 * Invariant: nothing of the body is looked at before its signature and its age are good; signatures are compared in constant time.
 */
const toleranceMs = 300_000;
const maxSignatures = 10;
const encoder = new TextEncoder();

function bytesOfBase64(text: string): Uint8Array<ArrayBuffer> | null {
  try {
    return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  } catch {
    return null;
  }
}

/** The header's signatures of version 1; others are for keys that we do not have. */
const signaturesOf = (header: string): Uint8Array<ArrayBuffer>[] =>
  header
    .split(' ')
    .slice(0, maxSignatures)
    .filter((part) => part.startsWith('v1,'))
    .map((part) => bytesOfBase64(part.slice(3)))
    .filter((bytes) => bytes !== null);

async function keyOf(secret: string): Promise<CryptoKey | null> {
  const bytes = bytesOfBase64(secret.replace(/^whsec_/, ''));
  if (!bytes || bytes.byteLength === 0) return null;
  return crypto.subtle.importKey('raw', bytes, { name: 'HMAC', hash: 'SHA-256' }, false, ['verify']);
}

function signedContent(id: string, timestamp: string, raw: Uint8Array): Uint8Array<ArrayBuffer> {
  const head = encoder.encode(`${id}.${timestamp}.`);
  const content = new Uint8Array(head.byteLength + raw.byteLength);
  content.set(head);
  content.set(raw, head.byteLength);
  return content;
}

/**
 * @param secrets "whsec_" and base64 each; while one is being replaced, both are good
 * @returns the message's id, the same for every delivery of it; null when it is not to be believed
 */
export async function verifyStandardWebhook(secrets: string[], headers: Headers, raw: Uint8Array, nowMs: number): Promise<string | null> {
  const [id, timestamp, signature] = ['id', 'timestamp', 'signature'].map((name) => headers.get(`webhook-${name}`) ?? '');
  if (!id || id.length > 200 || !timestamp || !/^\d{1,12}$/.test(timestamp) || !signature) return null;
  if (Math.abs(Number(timestamp) * 1000 - nowMs) > toleranceMs) return null;
  const [content, signatures] = [signedContent(id, timestamp, raw), signaturesOf(signature)];
  for (const secret of secrets) {
    const key = await keyOf(secret);
    if (!key) continue;
    for (const given of signatures) {
      if (await crypto.subtle.verify('HMAC', key, given, content)) return id;
    }
  }
  return null;
}
