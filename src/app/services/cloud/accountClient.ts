/**
 * What a person asks the cloud about themselves: what it has of them, who they are to it, and to let go of it.
 * Invariant: as in cloudCalls.ts: nothing throws, every answer is a value.
 */
import { hc } from 'hono/client';
import type { AccountApi } from '../../../../cloud/clientApi.ts';
import type { Delivery, NewWebhook, PasskeyOptions, PasskeyResponse } from '../../../core/job/cloudAccount.ts';
import type { JobStatus, ModelFormat } from '../../../core/job/cloudApi.ts';
import type { ApiToken, CloudOwner, IdentityProvider, NewApiToken, Passkey, SessionAnswer } from '../../../core/job/cloudIdentity.ts';
import type { CloudProject, ProjectChange } from '../../../core/job/cloudProjects.ts';
import type { Failure } from '../../../core/job/failure.ts';
import { type ClientOptions, type CloudAnswer, createCloudCalls, named } from './cloudCalls.ts';

export interface AccountClient {
  /** Null: this browser is nobody to the cloud yet. */
  owner(): Promise<CloudAnswer<CloudOwner | null>>;
  signOut(): Promise<CloudAnswer<null>>;
  /** The code, which cannot be had again; the one before is worth nothing from now on. */
  makeRecoveryCode(): Promise<CloudAnswer<string>>;
  /** This browser becomes who the code belongs to. */
  recover(code: string): Promise<CloudAnswer<CloudOwner | null>>;

  passkeys(): Promise<CloudAnswer<Passkey[]>>;
  newPasskeyOptions(): Promise<CloudAnswer<PasskeyOptions>>;
  addPasskey(response: PasskeyResponse): Promise<CloudAnswer<CloudOwner | null>>;
  removePasskey(id: string): Promise<CloudAnswer<null>>;
  signInOptions(): Promise<CloudAnswer<PasskeyOptions>>;
  signInWithPasskey(response: PasskeyResponse): Promise<CloudAnswer<CloudOwner | null>>;

  /** Accounts elsewhere that can be used to sign in here; none unless the operator has set them up. */
  providers(): Promise<CloudAnswer<IdentityProvider[]>>;
  /** Where the browser goes to sign in. @param backTo a path of this site */
  providerAddress(provider: IdentityProvider, backTo: string): string;
  unlink(provider: IdentityProvider): Promise<CloudAnswer<null>>;

  /** Newest first. */
  projects(): Promise<CloudAnswer<CloudProject[]>>;
  changeProject(id: string, change: ProjectChange): Promise<CloudAnswer<CloudProject>>;
  /** Its photos go as soon as no job needs them. */
  removePhotos(id: string): Promise<CloudAnswer<CloudProject>>;
  removeProject(id: string): Promise<CloudAnswer<null>>;
  /** Orders the same again. @param key one for each time the person asks @returns the new job's id */
  retry(jobId: string, key: string): Promise<CloudAnswer<string>>;
  /** Why a job has failed; null when it has not. */
  failureOf(jobId: string): Promise<CloudAnswer<Failure | null>>;
  model(modelId: string, format: ModelFormat, bytes: number, signal: AbortSignal): Promise<CloudAnswer<Blob>>;

  /** Where everything that is kept of the person can be downloaded. */
  exportAddress: string;
  /** Begins now and is over within a day; this browser is nobody afterwards. */
  removeEverything(): Promise<CloudAnswer<null>>;

  webhook(): Promise<CloudAnswer<string | null>>;
  setWebhook(url: string): Promise<CloudAnswer<NewWebhook>>;
  removeWebhook(): Promise<CloudAnswer<null>>;
  /** Newest first. */
  deliveries(): Promise<CloudAnswer<Delivery[]>>;
  redeliver(id: string): Promise<CloudAnswer<null>>;

  tokens(): Promise<CloudAnswer<ApiToken[]>>;
  makeToken(label: string): Promise<CloudAnswer<NewApiToken>>;
  revokeToken(id: string): Promise<CloudAnswer<null>>;
}

type Schemas = Pick<typeof import('../../../core/job/cloudSchema.ts'), 'jobStatus' | 'processAnswer'> &
  typeof import('../../../core/job/cloudAccountSchema.ts') &
  typeof import('../../../core/job/cloudProjectsSchema.ts');
const schemas = async (): Promise<Schemas> => ({
  ...(await import('../../../core/job/cloudSchema.ts')),
  ...(await import('../../../core/job/cloudAccountSchema.ts')),
  ...(await import('../../../core/job/cloudProjectsSchema.ts')),
});

/** No event is later: only how it stands is asked. */
const afterAllEvents = '9'.repeat(12);

async function part<T, P>(asking: Promise<CloudAnswer<T>>, pick: (value: T) => P): Promise<CloudAnswer<P>> {
  const answer = await asking;
  return answer.ok ? { ok: true, value: pick(answer.value) } : answer;
}
const ownerOf = ({ owner }: SessionAnswer): CloudOwner | null => owner;

type Calls = ReturnType<typeof createCloudCalls<Schemas>>;
type Api = ReturnType<typeof hc<AccountApi>>['api'];

type IdentityCalls =
  | ('owner' | 'signOut' | 'makeRecoveryCode' | 'recover' | 'passkeys' | 'newPasskeyOptions' | 'addPasskey' | 'removePasskey')
  | ('signInOptions' | 'signInWithPasskey' | 'providers' | 'providerAddress' | 'unlink');

function identityCalls(api: Api, { asked, done, remove }: Calls, origin: string): Pick<AccountClient, IdentityCalls> {
  return {
    owner: () =>
      part(
        asked(
          (more) => api.session.$get({}, more),
          (all) => all.session,
        ),
        ownerOf,
      ),
    signOut: () => done((more) => api.session.$delete({}, more)),
    makeRecoveryCode: () =>
      part(
        asked(
          (more) => api.session['recovery-code'].$post({ json: {} }, more),
          (all) => all.recoveryCode,
        ),
        ({ code }) => code,
      ),
    recover: (code) =>
      part(
        asked(
          (more) => api.session.recover.$post({ json: { code } }, more),
          (all) => all.session,
        ),
        ownerOf,
      ),
    passkeys: () =>
      part(
        asked(
          (more) => api.passkeys.$get({}, more),
          (all) => all.passkeyList,
        ),
        ({ passkeys }) => passkeys,
      ),
    newPasskeyOptions: () =>
      asked(
        (more) => api.passkeys.options.$post({ json: {} }, more),
        (all) => all.passkeyOptions,
      ),
    addPasskey: (json) =>
      part(
        asked(
          (more) => api.passkeys.$post({ json }, more),
          (all) => all.session,
        ),
        ownerOf,
      ),
    removePasskey: (id) => remove((more) => api.passkeys[':id'].$delete(named('id', id), more)),
    signInOptions: () =>
      asked(
        (more) => api.passkeys['sign-in'].options.$post({ json: {} }, more),
        (all) => all.passkeyOptions,
      ),
    signInWithPasskey: (json) =>
      part(
        asked(
          (more) => api.passkeys['sign-in'].$post({ json }, more),
          (all) => all.session,
        ),
        ownerOf,
      ),
    providers: () =>
      part(
        asked(
          (more) => api.oauth.$get({}, more),
          (all) => all.providerList,
        ),
        ({ providers }) => providers,
      ),
    providerAddress: (provider, backTo) => `${origin}/api/oauth/${provider}?redirect_to=${encodeURIComponent(backTo)}`,
    unlink: (provider) => remove((more) => api.oauth[':provider'].$delete(named('provider', provider), more)),
  };
}

type ProjectCalls = 'projects' | 'changeProject' | 'removePhotos' | 'removeProject' | 'retry' | 'failureOf' | 'model';

function projectCalls(api: Api, { asked, remove, file, options }: Calls): Pick<AccountClient, ProjectCalls> {
  return {
    projects: () =>
      part(
        asked(
          (more) => api.projects.$get({}, more),
          (all) => all.projectList,
        ),
        ({ projects }) => projects,
      ),
    changeProject: (id, json) =>
      asked(
        (more) => api.projects[':projectId'].$patch({ ...named('projectId', id), json }, more),
        (all) => all.cloudProject,
      ),
    removePhotos: (id) =>
      asked(
        (more) => api.projects[':projectId'].$patch({ ...named('projectId', id), json: { photosKeepDays: 0 } }, more),
        (all) => all.cloudProject,
      ),
    removeProject: (id) => remove((more) => api.projects[':projectId'].$delete(named('projectId', id), more)),
    retry: (id, key) =>
      part(
        asked(
          (more) => api.jobs[':jobId'].retry.$post({ ...named('jobId', id), json: {}, header: { 'idempotency-key': key } }, more),
          (all) => all.processAnswer,
        ),
        ({ jobId }) => jobId,
      ),
    failureOf: (id) =>
      part<JobStatus, Failure | null>(
        asked(
          (more) => api.status[':jobId'].$get({ ...named('jobId', id), query: { since: afterAllEvents } }, more),
          (all) => all.jobStatus,
        ),
        ({ failure }) => failure,
      ),
    model: (id, format, bytes, signal) =>
      file(api.model[':modelId'].$get({ ...named('modelId', id), query: { format } }, options(signal)), bytes),
  };
}

/** @param connection as of the cloud client */
export function createAccountClient(connection: ClientOptions): AccountClient {
  const calls = createCloudCalls(connection, schemas);
  const { asked, done, remove } = calls;
  const { api } = hc<AccountApi>(connection.origin);
  return {
    ...identityCalls(api, calls, connection.origin),
    ...projectCalls(api, calls),
    exportAddress: `${connection.origin}/api/me/export`,
    removeEverything: () => done((more) => api.me.$delete({}, more)),
    webhook: () =>
      part(
        asked(
          (more) => api.me.webhook.$get({}, more),
          (all) => all.webhook,
        ),
        ({ url }) => url,
      ),
    setWebhook: (url) =>
      asked(
        (more) => api.me.webhook.$put({ json: { url } }, more),
        (all) => all.newWebhook,
      ),
    removeWebhook: () => done((more) => api.me.webhook.$delete({}, more)),
    deliveries: () =>
      part(
        asked(
          (more) => api.me.deliveries.$get({}, more),
          (all) => all.deliveryList,
        ),
        ({ deliveries }) => deliveries,
      ),
    redeliver: (id) => done((more) => api.me.deliveries[':id'].retry.$post({ ...named('id', id), json: {} }, more)),
    tokens: () =>
      part(
        asked(
          (more) => api.tokens.$get({}, more),
          (all) => all.apiTokenList,
        ),
        ({ tokens }) => tokens,
      ),
    makeToken: (label) =>
      asked(
        (more) => api.tokens.$post({ json: { label } }, more),
        (all) => all.newApiToken,
      ),
    revokeToken: (id) => remove((more) => api.tokens[':id'].$delete(named('id', id), more)),
  };
}
