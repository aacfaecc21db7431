/** What the identity routes answer, as schemas of src/core/job/cloudIdentity.ts. Invariant: each is of its type, checked by the compiler. */
import * as z from 'zod';
import type * as api from '../../src/core/job/cloudIdentity.ts';
import { assertionResponse, attestationResponse } from '../policy/passkeyAnswer.ts';
import { recoverRequest } from '../routes/session.ts';
import { exchange, newToken } from '../routes/token.ts';

const moment = z.number().nonnegative();

const owner: z.ZodType<api.CloudOwner> = z.object({
  id: z.string(),
  createdAt: moment,
  hasPasskey: z.boolean(),
  hasRecovery: z.boolean(),
  identities: z.array(z.object({ provider: z.enum(['github', 'google']), createdAt: moment })),
});
const session: z.ZodType<api.SessionAnswer> = z.object({ owner: owner.nullable() });
const recoveryCode: z.ZodType<api.RecoveryCode> = z.object({ code: z.string() });
const passkeyList: z.ZodType<api.PasskeyList> = z.object({ passkeys: z.array(z.object({ id: z.string(), createdAt: moment })) });
const apiTokenList: z.ZodType<api.ApiTokenList> = z.object({
  tokens: z.array(z.object({ id: z.string(), label: z.string(), createdAt: moment, seenAt: moment, expiresAt: moment })),
});
const newApiToken: z.ZodType<api.NewApiToken> = z.object({ id: z.string(), refreshToken: z.string() });
const accessToken: z.ZodType<api.AccessToken> = z.object({ token: z.string(), expiresAt: moment });

export const identitySchemas = {
  Owner: owner,
  Session: session,
  RecoveryCode: recoveryCode,
  RecoverRequest: recoverRequest,
  PasskeyList: passkeyList,
  /** Of WebAuthn, level 3, section 5.1: what the browser takes and gives. */
  PasskeyOptions: z.looseObject({ challenge: z.string() }),
  PasskeyAttestation: attestationResponse,
  PasskeyAssertion: assertionResponse,
  OAuthProviders: z.object({ providers: z.array(z.enum(['github', 'google'])) }),
  ApiTokenList: apiTokenList,
  NewApiTokenRequest: newToken,
  NewApiToken: newApiToken,
  AccessTokenRequest: exchange,
  AccessToken: accessToken,
};
