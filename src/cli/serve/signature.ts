/** Signature of a body under the attempt's secret, as trainerApi.ts defines it. Invariant: an empty body is signed as such. */
import { createHmac } from 'node:crypto';

/**
 * The value of `x-splat-signature`: HMAC-SHA256 over `<t>.<method>.<path>.<body>`.
 * @param secret hexadecimal
 * @param path with the query, as sent
 * @param tSeconds since 1970
 */
export function signatureOf(secret: string, tSeconds: number, method: string, path: string, body: string): string {
  const mac = createHmac('sha256', Buffer.from(secret, 'hex')).update(`${tSeconds}.${method}.${path}.${body}`).digest('hex');
  return `t=${tSeconds},v1=${mac}`;
}
