/** Routes of owners: who somebody is, what they are told, everything of theirs. */
import * as z from 'zod';
import { linkOrOwner } from './parameters.ts';
import type { RouteDoc, Section } from './routeDoc.ts';

const done = { 204: { what: 'Done.' } };
const session = { 200: { what: 'Who this is now.', json: 'Session' } } as const;

const sessions: RouteDoc[] = [
  { method: 'get', path: '/api/session', summary: 'Who this browser is', auth: 'anybody', answers: session },
  { method: 'post', path: '/api/session', summary: 'Become an owner, without name or address', auth: 'new-owner', answers: session },
  { method: 'delete', path: '/api/session', summary: 'Sign this browser out', auth: 'anybody', answers: done },
  {
    method: 'post',
    path: '/api/session/recovery-code',
    summary: 'Make a recovery code; the one before is no longer good',
    auth: 'owner',
    answers: { 201: { what: 'It is told this once.', json: 'RecoveryCode' } },
  },
  {
    method: 'post',
    path: '/api/session/recover',
    summary: 'Sign in with a recovery code',
    auth: 'anybody',
    body: { json: 'RecoverRequest' },
    answers: session,
    refusals: [401],
  },
];

const passkeys: RouteDoc[] = [
  {
    method: 'get',
    path: '/api/passkeys',
    summary: "One's passkeys",
    auth: 'owner',
    answers: { 200: { what: 'All of them.', json: 'PasskeyList' } },
  },
  {
    method: 'post',
    path: '/api/passkeys/options',
    summary: 'Begin to add a passkey',
    auth: 'owner',
    answers: { 200: { what: 'For navigator.credentials.create().', json: 'PasskeyOptions' } },
  },
  {
    method: 'post',
    path: '/api/passkeys',
    summary: 'Add a passkey',
    auth: 'owner',
    body: { json: 'PasskeyAttestation' },
    answers: { 201: { what: 'It is added.', json: 'Session' } },
    refusals: [409, 413],
  },
  {
    method: 'post',
    path: '/api/passkeys/sign-in/options',
    summary: 'Begin to sign in with a passkey',
    auth: 'anybody',
    answers: { 200: { what: 'For navigator.credentials.get().', json: 'PasskeyOptions' } },
  },
  {
    method: 'post',
    path: '/api/passkeys/sign-in',
    summary: 'Sign in with a passkey',
    auth: 'anybody',
    body: { json: 'PasskeyAssertion' },
    answers: session,
    refusals: [401, 413],
  },
  { method: 'delete', path: '/api/passkeys/:id', summary: 'Remove a passkey', auth: 'owner', answers: done, refusals: [404] },
];

const tokens: RouteDoc[] = [
  {
    method: 'get',
    path: '/api/tokens',
    summary: 'The refresh tokens of programs',
    auth: 'owner',
    answers: { 200: { what: 'Without the tokens themselves.', json: 'ApiTokenList' } },
  },
  {
    method: 'post',
    path: '/api/tokens',
    summary: 'Make a refresh token',
    auth: 'owner',
    body: { json: 'NewApiTokenRequest' },
    answers: { 201: { what: 'It is told this once.', json: 'NewApiToken' } },
    refusals: [409],
  },
  {
    method: 'delete',
    path: '/api/tokens/:id',
    summary: 'Revoke a refresh token and all access tokens of it',
    auth: 'owner',
    answers: done,
    refusals: [404],
  },
  {
    method: 'post',
    path: '/api/token',
    summary: 'An access token for a refresh token',
    auth: 'anybody',
    body: { json: 'AccessTokenRequest' },
    answers: { 200: { what: 'For the header `authorization: Bearer …`.', json: 'AccessToken' } },
    refusals: [401],
  },
];

const oauth: RouteDoc[] = [
  {
    method: 'get',
    path: '/api/oauth',
    summary: 'Which accounts elsewhere can be signed in with here',
    auth: 'anybody',
    answers: { 200: { what: 'Those that the operator has set up.', json: 'OAuthProviders' } },
  },
  {
    method: 'get',
    path: '/api/oauth/:provider',
    summary: 'Go there to sign in',
    auth: 'anybody',
    query: { redirect_to: { what: 'The path of this site to come back to.', schema: z.string() } },
    answers: { 302: { what: 'To the provider.' } },
    refusals: [404],
  },
  {
    method: 'get',
    path: '/api/oauth/:provider/callback',
    summary: 'Where the provider sends the browser back to',
    auth: 'anybody',
    query: {
      state: { what: 'As it was given to the provider.', schema: z.string() },
      code: { what: 'Left out when the person said no.', schema: z.string() },
    },
    answers: { 302: { what: 'To the page, with `sign-in=ok` or `sign-in=failed` in its query.' } },
    refusals: [404],
  },
  {
    method: 'delete',
    path: '/api/oauth/:provider',
    summary: 'Unlink an account',
    auth: 'owner',
    answers: done,
    refusals: [404],
  },
];

const download = {
  200: { what: 'To be saved. Ranges are answered with 206, `If-None-Match` with 304.', type: 'application/octet-stream' },
  206: { what: 'The part that was asked for.', type: 'application/octet-stream' },
  304: { what: 'It has not changed.' },
  416: { what: 'There is no such part.' },
};

const everything: RouteDoc[] = [
  {
    method: 'get',
    path: '/api/me/export',
    summary: 'Everything that is kept about somebody',
    auth: 'owner',
    answers: { 200: { what: 'A JSON file with addresses of all files, good for a while.', type: 'application/json' } },
  },
  {
    method: 'get',
    path: '/api/me/photos/:projectId/:sha',
    summary: "One's own photo",
    auth: 'owner-or-signed',
    query: linkOrOwner,
    answers: download,
    refusals: [401, 404],
  },
  {
    method: 'get',
    path: '/api/me/models/:modelId/:kind',
    summary: "A file of one's own model",
    auth: 'owner-or-signed',
    query: linkOrOwner,
    answers: download,
    refusals: [401, 404],
  },
  {
    method: 'delete',
    path: '/api/me',
    summary: 'Delete everything of this owner',
    auth: 'owner',
    answers: { 202: { what: 'It has begun, and is over within a day.' } },
  },
];

const told: RouteDoc[] = [
  {
    method: 'get',
    path: '/api/push/key',
    summary: 'The key that a browser subscribes to push messages with',
    auth: 'anybody',
    answers: { 200: { what: 'applicationServerKey.', json: 'PushKey' } },
    refusals: [404],
  },
  {
    method: 'post',
    path: '/api/push/subscriptions',
    summary: 'Tell this browser when a job has ended',
    auth: 'owner',
    body: { json: 'PushSubscription' },
    answers: done,
    refusals: [409],
  },
  {
    method: 'delete',
    path: '/api/push/subscriptions',
    summary: 'Tell this browser no more',
    auth: 'owner',
    body: { json: 'PushEndpoint' },
    answers: done,
    refusals: [404],
  },
  {
    method: 'put',
    path: '/api/me/webhook',
    summary: 'Tell a program when a job has ended',
    more: 'Signed as the Standard Webhooks specification says. Setting it again makes a new secret.',
    auth: 'owner',
    body: { json: 'WebhookRequest' },
    answers: { 200: { what: 'The secret is told this once.', json: 'NewWebhook' } },
  },
  {
    method: 'get',
    path: '/api/me/webhook',
    summary: 'Where a program is told',
    auth: 'owner',
    answers: { 200: { what: 'Null for nowhere.', json: 'Webhook' } },
  },
  { method: 'delete', path: '/api/me/webhook', summary: 'Tell no program any more', auth: 'owner', answers: done },
  {
    method: 'get',
    path: '/api/me/deliveries',
    summary: 'What was told, and what came of it',
    auth: 'owner',
    answers: { 200: { what: 'The newest fifty.', json: 'DeliveryList' } },
  },
  {
    method: 'post',
    path: '/api/me/deliveries/:id/retry',
    summary: 'Tell it once more',
    auth: 'owner',
    answers: { 202: { what: 'It is tried now.' } },
    refusals: [404, 409],
  },
];

export const identitySections: Section[] = [
  { tag: 'session', what: 'Who a browser is, and the ways back.', routes: sessions },
  { tag: 'passkeys', what: 'The second way back.', routes: passkeys },
  { tag: 'accounts elsewhere', what: 'Off unless set up.', routes: oauth },
  { tag: 'tokens', what: 'For programs.', routes: tokens },
  { tag: 'everything of mine', what: 'To take along, or to be deleted.', routes: everything },
  { tag: 'messages', what: 'Being told that a job has ended.', routes: told },
];
