/**
 * Signed addresses for the PUT of one photo.
 * Invariant: an address is good for one method, one upload, one photo of one length, until one moment; whatever else is in it was not signed.
 */
import type { Env } from '../env.ts';
import { deriveKey, verify } from './keys.ts';
import { hexOf } from './tokens.ts';

export interface PutTicket {
  uploadId: string;
  photoId: string;
  bytes: number;
  /** Milliseconds since 1970. */
  expiresAt: number;
}

const purpose = 'photo-put';
const textOf = ({ uploadId, photoId, bytes, expiresAt }: PutTicket): string => ['PUT', uploadId, photoId, bytes, expiresAt].join('|');

type Secrets = Pick<Env, 'MASTER_SECRET' | 'MASTER_SECRET_BEFORE'>;

/** Makes addresses, each a path on this server. The key is derived once for all of them. */
export async function photoPutUrls(env: Secrets): Promise<(ticket: PutTicket) => Promise<string>> {
  const key = await deriveKey(env, purpose);
  return async (ticket) => {
    const signature = hexOf(await crypto.subtle.sign('HMAC', key, new TextEncoder().encode(textOf(ticket))));
    return `/api/u/${ticket.uploadId}/${ticket.photoId}?exp=${ticket.expiresAt}&sig=${signature}`;
  };
}

/** Whether we signed it. Whether its time is over is for the caller to say. */
export const isSigned = (env: Secrets, ticket: PutTicket, signature: string): Promise<boolean> =>
  verify(env, purpose, textOf(ticket), signature);
