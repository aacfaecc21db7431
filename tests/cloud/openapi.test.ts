/** The OpenAPI document: that it is of the routes that there are, holds together, and is served for programs and for people. */
import { describe, expect, test } from 'vitest';
import { app } from '../../cloud/app.ts';
import { type JsonSchema, openApiDocument, sections, templateOf } from '../../cloud/openapi/document.ts';
import { wholeApp } from './wholeJob.ts';

const document = openApiDocument();
const operations = Object.entries(document.paths).flatMap(([path, item]) =>
  Object.entries(item).map(([method, operation]) => ({ path, method, operation: operation as JsonSchema })),
);

/** Every object in the document. */
function* objectsIn(value: unknown): Generator<JsonSchema> {
  if (typeof value !== 'object' || value === null) return;
  if (!Array.isArray(value)) yield value as JsonSchema;
  for (const inside of Object.values(value)) yield* objectsIn(inside);
}

/** Follows a JSON pointer (RFC 6901). */
const resolved = (ref: string): unknown =>
  ref
    .slice(2)
    .split('/')
    .reduce<unknown>((at, key) => (at as JsonSchema | undefined)?.[key.replaceAll('~1', '/').replaceAll('~0', '~')], document);

describe('the tables of routes', () => {
  const served = new Set(app.routes.filter(({ method }) => method !== 'ALL').map(({ method, path }) => `${method} ${path}`));
  const described = sections.flatMap(({ routes }) => routes.map(({ method, path }) => `${method.toUpperCase()} ${path}`));

  test('have every route of the app, and no other', () => {
    expect([...described].sort()).toEqual([...served].sort());
  });

  test('have each once', () => {
    expect(new Set(described).size).toBe(described.length);
    expect(operations.length).toBe(described.length);
    const ids = operations.map(({ operation }) => operation['operationId']);
    expect(new Set(ids).size).toBe(ids.length);
  });

  test('a pattern of Hono’s is a plain parameter', () => {
    expect(templateOf('/s/:token/:file{model\\.[a-z]+}')).toBe('/s/{token}/{file}');
    expect(templateOf('/api/jobs/:id/cancel')).toBe('/api/jobs/{id}/cancel');
  });
});

describe('the document', () => {
  test('each reference leads somewhere, and each schema is used or part of the contract', () => {
    const refs = [...objectsIn(document)].flatMap(({ $ref }) => (typeof $ref === 'string' ? [$ref] : []));
    expect(refs.length).toBeGreaterThan(100);
    for (const ref of refs) expect([ref, typeof resolved(ref)]).toEqual([ref, 'object']);
    const unused = Object.keys(document.components.schemas).filter((name) => !refs.includes(`#/components/schemas/${name}`));
    expect(unused).toEqual([]);
  });

  test('the parameters of a path are those of its template', () => {
    for (const { path, operation } of operations) {
      const parameters = (operation['parameters'] ?? []) as { in: string; name: string; required: boolean }[];
      const named = parameters.filter((each) => each.in === 'path');
      expect(named.map(({ name }) => name)).toEqual([...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name));
      expect(named.every(({ required }) => required)).toBe(true);
    }
  });

  test('every operation says who may, and how it is answered and refused', () => {
    const tags = document.tags.map(({ name }) => name);
    for (const { path, operation } of operations) {
      const responses = operation['responses'] as Record<string, { description: string }>;
      expect([path, tags.includes((operation['tags'] as string[])[0])]).toEqual([path, true]);
      expect([path, Object.keys(responses).some((status) => Number(status) < 400)]).toEqual([path, true]);
      for (const [status, { description }] of Object.entries(responses)) expect([path, status, description]).not.toContain(undefined);
      for (const scheme of (operation['security'] as JsonSchema[]).flatMap(Object.keys))
        expect(Object.keys(document.components.securitySchemes)).toContain(scheme);
    }
  });

  test('holds the limits that the routes check', () => {
    const request = document.components.schemas['UploadRequest'] as { additionalProperties: boolean; properties: JsonSchema };
    expect(request.additionalProperties).toBe(false);
    expect(request.properties['photos']).toMatchObject({ type: 'array', minItems: 1, maxItems: 1000 });
    expect(document.components.schemas['PushSubscription']).toMatchObject({ required: ['endpoint', 'keys'] });
    const jobs = document.paths['/api/admin/jobs']['get'] as { parameters: { name: string; schema: JsonSchema }[] };
    expect(jobs.parameters.find(({ name }) => name === 'limit')?.schema).toMatchObject({
      type: 'integer',
      minimum: 1,
      maximum: 200,
      default: 50,
    });
  });
});

describe('served', () => {
  test('as JSON, to everybody, for five minutes', async () => {
    const answer = await wholeApp('request-for-the-document').send('/api/openapi.json');
    expect(answer.status).toBe(200);
    expect(answer.headers.get('cache-control')).toBe('public, max-age=300');
    expect(answer.headers.get('access-control-allow-origin')).toBe('*');
    expect(await answer.json()).toEqual(JSON.parse(JSON.stringify(document)));
  });

  test('as a page without a script, with every route and every schema, whose links lead somewhere', async () => {
    const answer = await wholeApp('request-for-the-page').send('/api/docs');
    const page = await answer.text();
    const [, nonce = ''] = /style-src 'nonce-([\w-]+)'/.exec(answer.headers.get('content-security-policy') ?? '') ?? [];
    expect(page).toContain(`<style nonce="${nonce}">`);
    expect(page).not.toMatch(/<script| on[a-z]+=| style=|https?:\/\/(?!splat\.test)/);
    for (const { routes } of sections) for (const { path } of routes) expect(page).toContain(`<code>${path}</code>`);
    const ids = [...page.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id);
    const links = [...page.matchAll(/href="#([^"]+)"/g)].map(([, id]) => id);
    expect(links.length).toBeGreaterThan(80);
    for (const link of links) expect(ids).toContain(link);
    for (const name of Object.keys(document.components.schemas)) expect(ids).toContain(`schema-${name}`);
  });
});
