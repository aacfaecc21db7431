/**
 * The API as Hono's typed client sees it: `hc<CloudApi>(origin)`. Types only, and none of the Worker's, so that the page can import it.
 * Invariant: the routes keep to it; tests/cloud/clientApi.test.ts drives the Worker through this client and checks each answer.
 */
import type { Hono } from 'hono';
import type {
  CloudEstimate,
  CloudHealth,
  EstimateRequest,
  JobStatus,
  ProcessAnswer,
  ProcessRequest,
  PushKey,
  PushSubscriptionRequest,
  UploadCompleted,
  UploadRequest,
  UploadSession,
} from '../src/core/job/cloudApi.ts';
import type { DeliveryList, NewWebhook, PasskeyOptions, PasskeyResponse, ProviderList, Webhook } from '../src/core/job/cloudAccount.ts';
import type { ApiTokenList, NewApiToken, PasskeyList, RecoveryCode, SessionAnswer } from '../src/core/job/cloudIdentity.ts';
import type { CloudProject, ProjectChange, ProjectList } from '../src/core/job/cloudProjects.ts';
import type { NewShare, ShareList, ShareRequest } from '../src/core/job/cloudShares.ts';

// Aliases, not interfaces: Hono's client asks for types with index signatures.
type Call<Input, Output, Format extends 'json' | 'body' = 'json'> = { input: Input; output: Output; outputFormat: Format; status: 200 };
type Json<T> = { json: T };
type Named<Name extends string> = { param: Record<Name, string> };
/** A POST that may be repeated. */
type Once = { header: { 'idempotency-key': string } };
type Nothing = Record<never, never>;

type CloudCalls = {
  '/api/health': { $get: Call<Nothing, CloudHealth> };
  /** Changes nothing. */
  '/api/estimate': { $post: Call<Json<EstimateRequest>, CloudEstimate> };
  /** Repeated with the same Idempotency-Key it is the same session. */
  '/api/uploads': { $post: Call<Json<UploadRequest> & Once, UploadSession> };
  /** GET: fresh addresses; 404 or 410: expired. DELETE removes its photos and whatever job they began. */
  '/api/uploads/:uploadId': { $get: Call<Named<'uploadId'>, UploadSession>; $delete: Call<Named<'uploadId'>, null, 'body'> };
  '/api/uploads/:uploadId/complete': { $post: Call<Named<'uploadId'> & Json<Nothing>, UploadCompleted> };
  /** Repeated with the same Idempotency-Key it is the same job. */
  '/api/process': { $post: Call<Json<ProcessRequest> & Once, ProcessAnswer> };
  /** With an ETag: 304 when nothing has changed. Events after `since` come with it. */
  '/api/status/:jobId': { $get: Call<Named<'jobId'> & { query: { since: string } }, JobStatus> };
  /** The latest preview as a splat file; 404 while there is none. */
  '/api/status/:jobId/preview': { $get: Call<Named<'jobId'>, Blob, 'body'> };
  /** Cancels what runs and removes the job, its photos and its model. 404: it is gone already. */
  '/api/jobs/:jobId': { $delete: Call<Named<'jobId'>, null, 'body'> };
  '/api/model/:modelId': { $get: Call<Named<'modelId'> & { query: { format: string } }, Blob, 'body'> };
  '/api/projects/:projectId/shares': {
    $get: Call<Named<'projectId'>, ShareList>;
    $post: Call<Named<'projectId'> & Json<ShareRequest>, NewShare>;
  };
  '/api/push/key': { $get: Call<Nothing, PushKey> };
  /** Who is told when a job has ended; the same endpoint again takes the place of the last. */
  '/api/push/subscriptions': { $post: Call<Json<PushSubscriptionRequest>, null, 'body'> };
  /** The link leads nowhere from now on. */
  '/api/shares/:shareId': { $delete: Call<Named<'shareId'>, null, 'body'> };
};

/** What a person settles about themselves and what they have there; its own list, as only one room of the page asks it. */
type AccountCalls = {
  '/api/projects': { $get: Call<Nothing, ProjectList> };
  '/api/projects/:projectId': {
    $patch: Call<Named<'projectId'> & Json<ProjectChange>, CloudProject>;
    $delete: Call<Named<'projectId'>, null, 'body'>;
  };
  /** The same again, of the photos that are there. Repeated with the same Idempotency-Key it is the same job. */
  '/api/jobs/:jobId/retry': { $post: Call<Named<'jobId'> & Json<Nothing> & Once, ProcessAnswer> };
  '/api/status/:jobId': { $get: Call<Named<'jobId'> & { query: { since: string } }, JobStatus> };
  '/api/model/:modelId': { $get: Call<Named<'modelId'> & { query: { format: string } }, Blob, 'body'> };
  /** Who this browser is; DELETE: nobody any more. */
  '/api/session': { $get: Call<Nothing, SessionAnswer>; $delete: Call<Nothing, null, 'body'> };
  /** The code before is no longer good. */
  '/api/session/recovery-code': { $post: Call<Json<Nothing>, RecoveryCode> };
  '/api/session/recover': { $post: Call<Json<{ code: string }>, SessionAnswer> };
  '/api/passkeys': { $get: Call<Nothing, PasskeyList>; $post: Call<Json<PasskeyResponse>, SessionAnswer> };
  '/api/passkeys/options': { $post: Call<Json<Nothing>, PasskeyOptions> };
  '/api/passkeys/sign-in/options': { $post: Call<Json<Nothing>, PasskeyOptions> };
  '/api/passkeys/sign-in': { $post: Call<Json<PasskeyResponse>, SessionAnswer> };
  '/api/passkeys/:id': { $delete: Call<Named<'id'>, null, 'body'> };
  '/api/oauth': { $get: Call<Nothing, ProviderList> };
  '/api/oauth/:provider': { $delete: Call<Named<'provider'>, null, 'body'> };
  '/api/tokens': { $get: Call<Nothing, ApiTokenList>; $post: Call<Json<{ label: string }>, NewApiToken> };
  '/api/tokens/:id': { $delete: Call<Named<'id'>, null, 'body'> };
  '/api/me': { $delete: Call<Nothing, null, 'body'> };
  '/api/me/webhook': {
    $get: Call<Nothing, Webhook>;
    $put: Call<Json<{ url: string }>, NewWebhook>;
    $delete: Call<Nothing, null, 'body'>;
  };
  '/api/me/deliveries': { $get: Call<Nothing, DeliveryList> };
  '/api/me/deliveries/:id/retry': { $post: Call<Named<'id'> & Json<Nothing>, null, 'body'> };
};

export type CloudApi = Hono<Record<never, never>, CloudCalls>;
export type AccountApi = Hono<Record<never, never>, AccountCalls>;
