/** Routes of people: photos in, model out. */
import * as z from 'zod';
import { format, ifNoneMatch, onceOnly, signed, since } from './parameters.ts';
import type { RouteDoc, Section } from './routeDoc.ts';

const done = { 204: { what: 'Done.' } };
const ranged = {
  200: { what: 'The file, with ETag. Ranges are answered with 206, `If-None-Match` with 304.', type: 'application/octet-stream' },
  206: { what: 'The part that was asked for.', type: 'application/octet-stream' },
  304: { what: 'It has not changed.' },
  416: { what: 'There is no such part.' },
};

const beginning: RouteDoc[] = [
  {
    method: 'get',
    path: '/api/health',
    summary: 'That this is the cloud, and how long it keeps photos',
    auth: 'anybody',
    answers: { 200: { what: 'It is.', json: 'Health' } },
  },
  {
    method: 'post',
    path: '/api/estimate',
    summary: 'How long it will take and what it will cost',
    auth: 'anybody',
    body: { json: 'EstimateRequest' },
    answers: { 200: { what: 'Lowest and highest.', json: 'Estimate' } },
    refusals: [413],
  },
];

const uploads: RouteDoc[] = [
  {
    method: 'post',
    path: '/api/uploads',
    summary: 'Begin an upload',
    more: 'Announces photos by size and SHA-256 and makes a project for them. Then: PUT each photo that is not there yet, complete, process.',
    auth: 'new-owner',
    headers: onceOnly,
    body: { json: 'UploadRequest' },
    answers: { 201: { what: 'Where to PUT each photo.', json: 'UploadSession' } },
    refusals: [409, 413, 415, 422],
  },
  {
    method: 'get',
    path: '/api/uploads/:id',
    summary: 'What is missing, with fresh addresses',
    auth: 'owner',
    answers: { 200: { what: 'The session.', json: 'UploadSession' } },
    refusals: [404, 410],
  },
  {
    method: 'post',
    path: '/api/uploads/:id/complete',
    summary: 'Say that everything was sent',
    auth: 'owner',
    answers: { 200: { what: 'Empty `missing`: it is whole.', json: 'UploadCompleted' } },
    refusals: [404, 410],
  },
  {
    method: 'delete',
    path: '/api/uploads/:id',
    summary: 'Remove an upload with its project, jobs and models',
    auth: 'owner',
    answers: done,
    refusals: [404],
  },
  {
    method: 'put',
    path: '/api/u/:uploadId/:photoId',
    summary: 'Send the bytes of one photo',
    auth: 'signed',
    query: signed,
    body: { type: 'image/*', what: 'As long as announced; the SHA-256 is checked while it comes in.' },
    answers: { 200: { what: 'It is stored, now or before.' } },
    refusals: [403, 404, 410, 411, 415, 422],
  },
  {
    method: 'post',
    path: '/api/upload',
    summary: 'Send photos as one form',
    more: 'For simple clients: `curl -F name=Garden -F preset=full -F photo=@1.jpg -F photo=@2.jpg`. Then process.',
    auth: 'new-owner',
    body: { type: 'multipart/form-data', what: 'Several `photo` (files); `name` and `preset` (texts), both may be left out.' },
    answers: { 201: { what: 'The upload is complete unless `missing` names photos.', json: 'SimpleUploadAnswer' } },
    refusals: [413, 415, 422],
  },
];

const jobs: RouteDoc[] = [
  {
    method: 'post',
    path: '/api/process',
    summary: 'Order a model of an upload',
    auth: 'owner',
    headers: onceOnly,
    body: { json: 'ProcessRequest' },
    answers: {
      200: { what: 'A job of this upload is under way already.', json: 'ProcessAnswer' },
      202: { what: 'The job waits in the queue.', json: 'ProcessAnswer' },
    },
    refusals: [404, 409, 410, 422, 503],
  },
  {
    method: 'get',
    path: '/api/status/:jobId',
    summary: 'How a job is getting on',
    auth: 'owner',
    query: since,
    headers: ifNoneMatch,
    answers: { 200: { what: 'With the events after `since`.', json: 'JobStatus' }, 304: { what: 'Nothing new.' } },
    refusals: [404],
  },
  {
    method: 'get',
    path: '/api/status/:jobId/preview',
    summary: 'The latest preview, a splat file',
    auth: 'owner',
    headers: ifNoneMatch,
    answers: { 200: { what: 'The file.', type: 'application/octet-stream' }, 304: { what: 'It has not changed.' } },
    refusals: [404],
  },
  {
    method: 'get',
    path: '/api/live/:jobId',
    summary: 'The events of a job over a WebSocket',
    more: 'Each message is `{"seq": number, "event": JobEvent}`; `ping` is answered with `pong`.',
    auth: 'owner',
    query: since,
    answers: { 101: { what: 'The socket.' } },
    refusals: [403, 404, 426],
  },
  {
    method: 'post',
    path: '/api/jobs/:id/cancel',
    summary: 'Cancel a job',
    auth: 'owner',
    answers: { 200: { what: 'The state it is in now; a job that was over stays as it was.', json: 'JobState' } },
    refusals: [404],
  },
  {
    method: 'post',
    path: '/api/jobs/:id/retry',
    summary: 'Order the same again, of the photos that are still there',
    auth: 'owner',
    headers: onceOnly,
    body: { json: 'RetryRequest', isOptional: true },
    answers: {
      200: { what: 'Another job of this upload is under way already.', json: 'ProcessAnswer' },
      202: { what: 'A new job waits in the queue.', json: 'ProcessAnswer' },
    },
    refusals: [404, 409, 410, 422, 503],
  },
  {
    method: 'delete',
    path: '/api/jobs/:id',
    summary: 'Cancel a job and remove it, with its photos and its model',
    auth: 'owner',
    answers: done,
    refusals: [404],
  },
];

const models: RouteDoc[] = [
  {
    method: 'get',
    path: '/api/model/:modelId',
    summary: 'A model, in any format that was made of it',
    auth: 'owner',
    query: format,
    answers: ranged,
    refusals: [404],
  },
];

const projects: RouteDoc[] = [
  {
    method: 'get',
    path: '/api/projects',
    summary: "One's own projects, newest first",
    auth: 'owner',
    answers: { 200: { what: 'All of them.', json: 'ProjectList' } },
  },
  {
    method: 'get',
    path: '/api/projects/:id',
    summary: 'A project',
    auth: 'owner',
    answers: { 200: { what: 'The project.', json: 'Project' } },
    refusals: [404],
  },
  {
    method: 'patch',
    path: '/api/projects/:id',
    summary: 'Rename a project, or say how long its photos are kept',
    auth: 'owner',
    body: { json: 'ProjectChange' },
    answers: { 200: { what: 'The project as it is now.', json: 'Project' } },
    refusals: [404],
  },
  {
    method: 'delete',
    path: '/api/projects/:id',
    summary: 'Delete a project with its photos, jobs, models and links',
    auth: 'owner',
    answers: done,
    refusals: [404],
  },
];

const shares: RouteDoc[] = [
  {
    method: 'get',
    path: '/api/projects/:projectId/shares',
    summary: 'The links to a project',
    auth: 'owner',
    answers: { 200: { what: 'Revoked ones too.', json: 'ShareList' } },
    refusals: [404],
  },
  {
    method: 'post',
    path: '/api/projects/:projectId/shares',
    summary: 'Make a link',
    auth: 'owner',
    body: { json: 'ShareRequest' },
    answers: { 201: { what: 'Its address, which cannot be had again.', json: 'NewShare' } },
    refusals: [404, 409],
  },
  { method: 'delete', path: '/api/shares/:id', summary: 'Revoke a link', auth: 'owner', answers: done, refusals: [404] },
  {
    method: 'get',
    path: '/api/oembed',
    summary: 'oEmbed of a shared scene',
    auth: 'anybody',
    query: {
      url: { what: "The link's address.", schema: z.url(), isRequired: true },
      format: { what: 'JSON only.', schema: z.literal('json') },
      maxwidth: { what: 'CSS pixels.', schema: z.int().positive() },
      maxheight: { what: 'CSS pixels.', schema: z.int().positive() },
    },
    answers: { 200: { what: 'oembed.com, section 2.3.4.4.', json: 'OEmbed' } },
    refusals: [401, 404, 501],
  },
];

const html = 'text/html';
const sharePages: RouteDoc[] = [
  {
    method: 'get',
    path: '/s/:token',
    summary: 'The page of a shared scene',
    auth: 'share',
    answers: {
      200: { what: 'The scene.', type: html },
      401: { what: 'The form for the password.', type: html },
      404: { what: 'The link leads nowhere any more.', type: html },
    },
  },
  {
    method: 'post',
    path: '/s/:token',
    summary: 'Show the password',
    auth: 'anybody',
    body: { type: 'application/x-www-form-urlencoded', what: '`password`.' },
    answers: {
      200: { what: 'No password is asked for.', type: html },
      303: { what: 'It was right: a cookie for twelve hours, and back to the page.' },
      401: { what: 'It was wrong.', type: html },
      404: { what: 'The link leads nowhere any more.', type: html },
      429: { what: 'Too many tries.', type: html },
    },
  },
  {
    method: 'get',
    path: '/s/:token/embed',
    summary: 'The scene for a frame on another site',
    auth: 'share',
    answers: { 302: { what: 'To the viewer with the scene.' } },
    refusals: [401, 404],
  },
  {
    method: 'get',
    path: '/s/:token/:file{model\\.[a-z]+}',
    summary: 'The file that the viewer loads: model.sog, model.spz, model.splat or model.ply',
    auth: 'share',
    answers: ranged,
    refusals: [401, 403, 404],
  },
  {
    method: 'get',
    path: '/s/:token/download/:format',
    summary: 'A file to keep, where the link allows it',
    auth: 'share',
    answers: ranged,
    refusals: [401, 403, 404],
  },
  {
    method: 'get',
    path: '/s/:token/picture',
    summary: 'The picture for previews of the link',
    auth: 'share',
    answers: { 200: { what: 'The picture.', type: 'image/webp' }, 304: { what: 'It has not changed.' } },
    refusals: [401, 404],
  },
];

export const personSections: Section[] = [
  { tag: 'service', what: 'Whether it is there, and what a model would cost.', routes: beginning },
  { tag: 'photos', what: 'Photos in: resumable, or as one form.', routes: uploads },
  { tag: 'jobs', what: 'The work on a model.', routes: jobs },
  { tag: 'models', what: 'The model out.', routes: models },
  { tag: 'projects', what: 'What somebody has in the cloud.', routes: projects },
  { tag: 'shares', what: 'Links for others.', routes: shares },
  { tag: 'shared scenes', what: 'What is behind a link.', routes: sharePages },
];
