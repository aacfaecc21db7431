/**
 * What the app answers against what its document says, with a validator that is not the one the schemas were written for (Ajv).
 * A whole job is driven through the app, wrong turns included.
 */
import Ajv from 'ajv';
import { describe, expect, test } from 'vitest';
import { type JsonSchema, openApiDocument } from '../../cloud/openapi/document.ts';
import { sendPhotos, shareModel, startTrainer, train, wholeApp } from './wholeJob.ts';

const document = openApiDocument();

/** Ajv 6 knows draft-07, where the schemas of a tuple are `items` and that of what follows them `additionalItems`. */
const asDraft7 = (_: string, value: unknown): unknown => {
  if (typeof value !== 'object' || value === null || !('prefixItems' in value)) return value;
  const { prefixItems, items, ...rest } = value as JsonSchema;
  return { ...rest, items: prefixItems, ...(items !== undefined && { additionalItems: items }) };
};

const ajv = new Ajv({ unknownFormats: 'ignore' });
ajv.addSchema(JSON.parse(JSON.stringify(document), asDraft7) as object, 'document');

interface Operation {
  responses: Record<string, { content?: Record<string, { schema?: { $ref: string } }> }>;
}

/** Concrete paths before those with parameters, as the app's routers have it. */
const templates = Object.keys(document.paths).sort((a, b) => a.split('{').length - b.split('{').length);

function operationOf(method: string, path: string): { template: string; operation: Operation } {
  const template = templates.find((each) => {
    const pattern = each.replace(/[.]/g, '\\.').replace(/\{\w+\}/g, '[^/]+');
    return new RegExp(`^${pattern}$`).test(path) && method.toLowerCase() in document.paths[each];
  });
  if (template === undefined) throw new Error(`${method} ${path} is not in the document.`);
  return { template, operation: document.paths[template][method.toLowerCase()] as Operation };
}

/** What is wrong with an answer by the document; null for nothing. */
async function problemOf(request: Pick<Request, 'method' | 'url'>, answer: Response): Promise<string | null> {
  const { template, operation } = operationOf(request.method, new URL(request.url).pathname);
  const which = `${request.method} ${template} ${answer.status}`;
  const said = operation.responses[answer.status] as Operation['responses'][string] | undefined;
  if (!said) return `${which}: no such status; ${await answer.text()}`;
  const type = (answer.headers.get('content-type') ?? '').split(';')[0];
  const schema = said.content?.['application/json']?.schema;
  if (schema === undefined) {
    if (said.content === undefined) return (await answer.arrayBuffer()).byteLength === 0 ? null : `${which}: a body`;
    return type === '' ? `${which}: no media type` : null;
  }
  if (type !== 'application/json') return `${which}: ${type}`;
  const validate = ajv.compile({ $ref: `document${schema.$ref}` });
  return validate(await answer.json()) ? null : `${which}: ${ajv.errorsText(validate.errors)}`;
}

test('the validator finds what is wrong', async () => {
  const problem = (path: string, status: number, body: unknown) =>
    problemOf(new Request(`https://splat.test${path}`), Response.json(body, { status }));
  expect(await problem('/api/health', 200, { service: 'splat-cloud', photosKeptDays: 30 })).toBeNull();
  expect(await problem('/api/health', 200, { service: 'splat-cloud', photosKeptDays: '30' })).toContain('photosKeptDays');
  expect(await problem('/api/health', 418, {})).toContain('no such status');
  expect(await problem('/api/projects', 200, { projects: [{ id: 'prj_1' }] })).toContain('required');
  expect(await problem('/api/status/job_1', 404, { code: 'not-found' })).toContain('error');
  expect(await problem('/api/status/job_1', 200, { state: 'queued' })).toContain('required');
});

describe('the whole job', () => {
  test('is answered as the document says, at every turn', async () => {
    const problems: string[] = [];
    const turns = new Set<string>();
    const whole = wholeApp('request-of-the-whole-job', async (request, answer) => {
      const { template } = operationOf(request.method, new URL(request.url).pathname);
      turns.add(`${request.method} ${template} ${answer.status}`);
      const problem = await problemOf(request, answer);
      if (problem !== null) problems.push(problem);
    });
    const sent = await sendPhotos(whole);
    const { trainer } = await startTrainer(whole);
    await train(whole, trainer);
    await shareModel(whole, sent);
    const admin = { headers: { authorization: `Bearer ${whole.env.ADMIN_TOKEN}` } };
    for (const path of ['health', 'jobs', 'dead-letters', 'counters', 'jobs?limit=0']) await whole.send(`/api/admin/${path}`, admin);
    await whole.send('/api/admin/jobs');
    await whole.send('/admin');
    await whole.ask('GET', '/api/session');
    await whole.ask('GET', '/api/passkeys');
    await whole.ask('POST', '/api/passkeys/options');
    await whole.ask('POST', '/api/tokens', { label: 'a program' });
    await whole.ask('GET', '/api/tokens');
    await whole.ask('POST', '/api/token', { refreshToken: 'none' });
    await whole.ask('GET', '/api/oauth');
    await whole.ask('POST', '/api/session/recovery-code');
    await whole.ask('POST', '/api/session/recover', { code: 'x' });
    await whole.ask('PATCH', `/api/projects/${sent.projectId}`, { name: '' });
    await whole.ask('PATCH', `/api/projects/${sent.projectId}`, { name: 'Another name' });
    await whole.ask('DELETE', `/api/projects/${sent.projectId}`);
    await whole.ask('DELETE', '/api/session');
    expect(problems).toEqual([]);
    // As many different turns as this drive takes; fewer would mean that it went astray.
    expect(turns.size).toBeGreaterThanOrEqual(60);
  });
});

test('a route refuses with what the document says when nobody is signed in', async () => {
  const problems: string[] = [];
  const whole = wholeApp('request-of-nobody', async (request, answer) => {
    const problem = await problemOf(request, answer);
    if (problem !== null) problems.push(problem);
    else if (answer.status < 400) problems.push(`${request.method} ${request.url} let a stranger in`);
  });
  const guarded = Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item).flatMap(([method, operation]) => {
      const security = (operation as JsonSchema)['security'] as JsonSchema[];
      const needsSomebody = security.length > 0 && security.every((each) => Object.keys(each).length > 0);
      return needsSomebody && !path.startsWith('/admin') ? [[method.toUpperCase(), path.replace(/\{\w+\}/g, 'none')]] : [];
    }),
  );
  expect(guarded.length).toBeGreaterThan(40);
  for (const [method, path] of guarded) await whole.send(path, { method, ...(method !== 'GET' && method !== 'DELETE' && { body: '{}' }) });
  expect(problems).toEqual([]);
});
