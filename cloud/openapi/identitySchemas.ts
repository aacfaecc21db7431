/** What the identity routes are asked and answer. */
import * as account from '../../src/core/job/cloudAccountSchema.ts';
import { assertionResponse, attestationResponse } from '../policy/passkeyAnswer.ts';
import { recoverRequest } from '../routes/session.ts';
import { exchange, newToken } from '../routes/token.ts';

export const identitySchemas = {
  Owner: account.owner,
  Session: account.session,
  RecoveryCode: account.recoveryCode,
  RecoverRequest: recoverRequest,
  PasskeyList: account.passkeyList,
  PasskeyOptions: account.passkeyOptions,
  PasskeyAttestation: attestationResponse,
  PasskeyAssertion: assertionResponse,
  OAuthProviders: account.providerList,
  ApiTokenList: account.apiTokenList,
  NewApiTokenRequest: newToken,
  NewApiToken: account.newApiToken,
  AccessTokenRequest: exchange,
  AccessToken: account.accessToken,
};
