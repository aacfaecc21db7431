/** Routes of the operator, and this document itself. */
import type * as z from 'zod';
import { countersQuery, deadLettersQuery, jobsQuery } from '../routes/admin.ts';
import { csrfToken } from './parameters.ts';
import type { Answer, Parameter, RouteDoc, Section } from './routeDoc.ts';

const parameters = (query: z.ZodObject, words: Record<string, string>): Record<string, Parameter> =>
  Object.fromEntries(Object.entries(words).map(([name, what]) => [name, { what, schema: query.shape[name] as z.ZodType }]));

const api: RouteDoc[] = [
  {
    method: 'get',
    path: '/api/admin/health',
    summary: 'How the service is: figures and alerts',
    more: 'Always 200; `ok` is false when there is an alert.',
    auth: 'admin',
    answers: { 200: { what: 'For a monitor and for people.', json: 'AdminHealth' } },
  },
  {
    method: 'get',
    path: '/api/admin/dead-letters',
    summary: 'Messages that the queue has given up',
    auth: 'admin',
    query: parameters(deadLettersQuery, { status: 'All when left out.' }),
    answers: { 200: { what: 'Newest first, at most a hundred.', json: 'AdminDeadLetters' } },
  },
  {
    method: 'post',
    path: '/api/admin/dead-letters/:id/replay',
    summary: 'Put one back into the queue',
    auth: 'admin',
    headers: csrfToken,
    answers: { 200: { what: 'The job it is about; a new one where the job had failed by it.', json: 'AdminReplayed' } },
    refusals: [403, 404, 409, 410, 422, 503],
  },
  {
    method: 'post',
    path: '/api/admin/dead-letters/:id/discard',
    summary: 'Settle one without doing anything',
    auth: 'admin',
    headers: csrfToken,
    answers: { 204: { what: 'Done.' } },
    refusals: [403, 404, 409],
  },
  {
    method: 'get',
    path: '/api/admin/jobs',
    summary: 'Newest jobs',
    auth: 'admin',
    query: parameters(jobsQuery, { state: 'All when left out.', limit: 'How many.' }),
    answers: { 200: { what: 'Newest first.', json: 'AdminJobs' } },
  },
  {
    method: 'post',
    path: '/api/admin/jobs/:id/cancel',
    summary: 'Cancel a job',
    auth: 'admin',
    headers: csrfToken,
    answers: { 200: { what: 'The state it is in now.', json: 'AdminJobState' } },
    refusals: [403, 404],
  },
  {
    method: 'post',
    path: '/api/admin/kill-switch',
    summary: 'Take no more jobs, or take them again',
    auth: 'admin',
    headers: csrfToken,
    body: { json: 'KillSwitch' },
    answers: { 200: { what: 'As it is now.', json: 'KillSwitch' } },
    refusals: [403],
  },
  {
    method: 'get',
    path: '/api/admin/counters',
    summary: 'The counters of a day',
    auth: 'admin',
    query: parameters(countersQuery, { day: 'Today (UTC) when left out.' }),
    answers: { 200: { what: 'By name and label.', json: 'AdminCounters' } },
  },
];

const html = 'text/html';
const loggedOut: Answer = { what: 'The form that asks for the admin token.', type: html };
const form = 'application/x-www-form-urlencoded';

const press = (path: string, summary: string, fields = '`csrf`, from the page.'): RouteDoc => ({
  method: 'post',
  path: `/admin/${path}`,
  summary,
  auth: 'admin-page',
  body: { type: form, what: fields },
  answers: { 303: { what: 'Back to the page.' }, 401: loggedOut, 403: { what: 'The page, which says why not.', type: html } },
});

const page: RouteDoc[] = [
  {
    method: 'get',
    path: '/admin',
    summary: 'The page of the operator',
    auth: 'admin-page',
    answers: { 200: { what: 'The page.', type: html }, 401: loggedOut },
  },
  {
    method: 'post',
    path: '/admin/login',
    summary: 'Log in',
    auth: 'anybody',
    body: { type: form, what: '`token`.' },
    answers: {
      303: { what: 'A cookie for eight hours, and to the page.' },
      401: loggedOut,
      429: { what: 'Too many tries.', type: html },
    },
  },
  press('logout', 'Log out'),
  press('dead-letters/:id/replay', 'As the API'),
  press('dead-letters/:id/discard', 'As the API'),
  press('jobs/:id/cancel', 'As the API'),
  press('kill-switch', 'As the API', '`csrf`, from the page; `on`: true or false.'),
];

const about: RouteDoc[] = [
  {
    method: 'get',
    path: '/api/openapi.json',
    summary: 'This document',
    auth: 'anybody',
    answers: { 200: { what: 'OpenAPI 3.1.', type: 'application/json' } },
  },
  {
    method: 'get',
    path: '/api/docs',
    summary: 'The same for people',
    auth: 'anybody',
    answers: { 200: { what: 'A page.', type: html } },
  },
];

export const adminSections: Section[] = [
  { tag: 'operator', what: 'For the operator and the operator’s monitor.', routes: api },
  { tag: 'operator’s page', what: 'Forms only.', routes: page },
  { tag: 'documentation', what: 'Of this API.', routes: about },
];
