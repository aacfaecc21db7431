/** Routes of machines: trainers, workers, providers' webhooks. */
import { signedAttempt, signedOutput, trainerSignature } from './parameters.ts';
import type { Answer, RouteDoc, Section } from './routeDoc.ts';
import type { SchemaName } from './schemas.ts';

const file: Record<number, Answer> = { 200: { what: 'The file.', type: 'application/octet-stream' } };

/** A call about an attempt, signed. */
const call = (name: string, summary: string, body: SchemaName, answer: Answer, refusals: number[] = []): RouteDoc => ({
  method: 'post',
  path: `/internal/v1/jobs/:id/${name}`,
  summary,
  auth: 'trainer',
  headers: trainerSignature,
  body: { json: body },
  answers: { 200: answer },
  refusals: [409, 413, ...refusals],
});

const trainer: RouteDoc[] = [
  {
    method: 'post',
    path: '/internal/v1/worker/claim',
    summary: 'A worker asks for a job and may wait for one',
    auth: 'worker',
    body: { json: 'PullRequest' },
    answers: { 200: { what: 'A job.', json: 'PullAnswer' }, 204: { what: 'There is nothing to do.' } },
  },
  call('claim', 'Take the attempt', 'ClaimRequest', { what: 'It is held until then.', json: 'ClaimAnswer' }),
  {
    method: 'get',
    path: '/internal/v1/jobs/:id/manifest',
    summary: 'The photos, with fresh addresses',
    auth: 'trainer',
    headers: trainerSignature,
    answers: { 200: { what: 'In the order of the person.', json: 'Manifest' } },
    refusals: [409],
  },
  call('events', 'What happened; an empty list is the heartbeat', 'EventsRequest', { what: 'Taken.', json: 'EventsAnswer' }),
  call('outputs', 'Announce files', 'OutputsRequest', { what: 'Where to PUT each.', json: 'OutputsAnswer' }, [422]),
  call('complete', 'The model is there', 'CompleteRequest', { what: 'An empty object.', json: 'Nothing' }, [422]),
  call('fail', 'The attempt has failed', 'FailRequest', { what: 'Whether another begins.', json: 'FailAnswer' }),
  {
    method: 'get',
    path: '/internal/v1/photos/:id/:sha256',
    summary: 'A photo',
    auth: 'signed',
    query: signedAttempt,
    answers: file,
    refusals: [403, 404],
  },
  {
    method: 'get',
    path: '/internal/v1/checkpoints/:id/:of',
    summary: 'The checkpoint of an earlier attempt',
    auth: 'signed',
    query: signedAttempt,
    answers: file,
    refusals: [403, 404],
  },
  {
    method: 'put',
    path: '/internal/v1/jobs/:id/outputs/:kind',
    summary: 'The bytes of an output',
    auth: 'signed',
    query: signedOutput,
    body: { type: 'application/octet-stream', what: 'As long as announced; the SHA-256 is checked while it comes in.' },
    answers: { 200: { what: 'It is stored.' } },
    refusals: [403, 404, 409, 411, 415, 422],
  },
];

const webhooks: RouteDoc[] = [
  {
    method: 'post',
    path: '/api/webhooks/:provider/:jobId/:attempt/:token',
    summary: 'A provider reports that something happened to a run',
    more: 'Nothing of it is believed; the provider is asked.',
    auth: 'provider',
    body: { type: '*/*', what: 'As the provider has it, at most 256 KiB.' },
    answers: { 200: { what: 'Taken in, now or before.' } },
    refusals: [401, 413],
  },
];

export const machineSections: Section[] = [
  { tag: 'trainer', what: 'The protocol of trainers (docs/cloud); a job and an attempt each.', routes: trainer },
  { tag: 'webhooks', what: 'From GPU providers.', routes: webhooks },
];
