/**
 * What the account routes answer as zod schemas, one per type of cloudIdentity.ts and cloudAccount.ts.
 * Invariant: as in cloudSchema.ts: what a schema lets through is of its type; answers may hold more than this page knows.
 */
import * as z from 'zod';
import type * as account from './cloudAccount.ts';
import type * as identity from './cloudIdentity.ts';
import { identifier } from './cloudSchema.ts';

const count = z.int().nonnegative();
const moment = z.number().nonnegative();
const provider = z.enum(['github', 'google']);

export const owner: z.ZodType<identity.CloudOwner> = z.object({
  id: identifier,
  createdAt: moment,
  hasPasskey: z.boolean(),
  hasRecovery: z.boolean(),
  identities: z.array(z.object({ provider, createdAt: moment })),
});
export const session: z.ZodType<identity.SessionAnswer> = z.object({ owner: owner.nullable() });
export const recoveryCode: z.ZodType<identity.RecoveryCode> = z.object({ code: z.string().min(1) });
export const passkeyList: z.ZodType<identity.PasskeyList> = z.object({
  passkeys: z.array(z.object({ id: identifier, createdAt: moment })),
});
export const passkeyOptions: z.ZodType<account.PasskeyOptions> = z.looseObject({ challenge: z.string().min(1) });
export const providerList: z.ZodType<account.ProviderList> = z.object({ providers: z.array(provider) });

export const apiTokenList: z.ZodType<identity.ApiTokenList> = z.object({
  tokens: z.array(z.object({ id: identifier, label: z.string(), createdAt: moment, seenAt: moment, expiresAt: moment })),
});
export const newApiToken: z.ZodType<identity.NewApiToken> = z.object({ id: identifier, refreshToken: z.string().min(1) });
export const accessToken: z.ZodType<identity.AccessToken> = z.object({ token: z.string().min(1), expiresAt: moment });

export const webhook: z.ZodType<account.Webhook> = z.object({ url: z.string().nullable() });
export const newWebhook: z.ZodType<account.NewWebhook> = z.object({ url: z.string(), secret: z.string().min(1) });
export const deliveryList: z.ZodType<account.DeliveryList> = z.object({
  deliveries: z.array(
    z.object({
      id: identifier,
      kind: z.enum(['webhook', 'push']),
      jobId: identifier,
      status: z.enum(['open', 'delivered', 'given-up']),
      tries: count,
      lastStatus: z.int().nullable(),
      lastError: z.string().nullable(),
      createdAt: moment,
      to: z.string().nullable(),
      nextTryAt: moment.nullable(),
    }),
  ),
});
