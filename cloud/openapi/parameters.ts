/** Parameters that several routes have. */
import * as z from 'zod';
import { viewedFormats } from '../../src/core/job/cloudShares.ts';
import type { Parameter } from './routeDoc.ts';

export const onceOnly: Record<string, Parameter> = {
  'idempotency-key': {
    what: 'Makes it safe to send the request again: for a day the same key gives the same answer.',
    schema: z.string().regex(/^[\x21-\x7e]{8,200}$/),
  },
};

export const since: Record<string, Parameter> = {
  since: { what: 'The number of the last event that was seen; events after it are answered.', schema: z.int().nonnegative() },
};

export const format: Record<string, Parameter> = {
  format: { what: 'The best that there is when left out.', schema: z.enum(viewedFormats as unknown as [string, ...string[]]) },
};

export const ifNoneMatch: Record<string, Parameter> = { 'if-none-match': { what: 'The ETag of the last answer.', schema: z.string() } };

const attempt = { what: 'Of the job.', schema: z.int().positive(), isRequired: true };
/** What a signed address has; it is made by the server and used as it is. */
export const signed: Record<string, Parameter> = {
  exp: { what: 'Until when the address is good, milliseconds since 1970.', schema: z.int(), isRequired: true },
  sig: { what: 'The signature.', schema: z.string(), isRequired: true },
};
/** The same where it may be left out by the owner. */
export const linkOrOwner: Record<string, Parameter> = Object.fromEntries(
  Object.entries(signed).map(([name, parameter]) => [name, { ...parameter, isRequired: false }]),
);
export const signedAttempt: Record<string, Parameter> = { attempt, ...signed };
export const signedOutput: Record<string, Parameter> = {
  ...signedAttempt,
  bytes: { what: 'As announced.', schema: z.int().positive(), isRequired: true },
  sha: { what: 'SHA-256 as announced, hexadecimal.', schema: z.string(), isRequired: true },
};

export const trainerSignature: Record<string, Parameter> = {
  'x-splat-signature': {
    what:
      'HMAC-SHA256, hexadecimal, under the secret of the attempt, over `<t>.<method>.<path with query>.<body>`; `t` in seconds since 1970, at' +
      ' most 300 seconds off.',
    schema: z.string().regex(/^t=\d{1,12},v1=[0-9a-f]{64}$/),
    isRequired: true,
  },
};

export const csrfToken: Record<string, Parameter> = {
  'x-csrf-token': { what: 'From the forms of /admin; for browsers only, not with the admin token.', schema: z.string() },
};
