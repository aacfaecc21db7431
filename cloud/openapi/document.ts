/**
 * The OpenAPI 3.1 document, made of the tables of routes and the zod schemas that the routes themselves use.
 * Invariant: it holds nothing that is not in those, and the same every time.
 */
import * as z from 'zod';
import { adminSections } from './adminDocs.ts';
import { identitySections } from './identityDocs.ts';
import { machineSections } from './machineDocs.ts';
import { personSections } from './personDocs.ts';
import type { Answer, Auth, Parameter, RouteDoc, Section } from './routeDoc.ts';
import { type SchemaName, schemas } from './schemas.ts';

export const sections: Section[] = [...personSections, ...identitySections, ...machineSections, ...adminSections];

/** JSON Schema, draft 2020-12, which OpenAPI 3.1 takes as it is. */
export type JsonSchema = Record<string, unknown>;

const refOf = (name: SchemaName): { $ref: string } => ({ $ref: `#/components/schemas/${name}` });

/** Without what says where a schema stands by itself: here it stands in the document. */
const bare = (schema: JsonSchema): JsonSchema =>
  Object.fromEntries(Object.entries(schema).filter(([key]) => key !== '$schema' && key !== '$id'));

/**
 * Every named schema, with references to each other. As input: an answer may hold more than its schema says (src/core/job/cloudSchema.ts),
 * and what has a default may be left out.
 */
export function componentSchemas(): Record<string, JsonSchema> {
  const registry = z.registry<{ id: string }>();
  for (const [id, schema] of Object.entries(schemas)) registry.add(schema, { id });
  const { schemas: made } = z.toJSONSchema(registry, { uri: (id) => `#/components/schemas/${id}`, io: 'input' });
  return Object.fromEntries(Object.entries(made).map(([name, schema]) => [name, bare(schema as JsonSchema)]));
}

interface Place {
  in: 'path' | 'query' | 'header';
  name: string;
}

function parameterOf({ in: where, name }: Place, { what, schema, isRequired = false }: Parameter): JsonSchema {
  const required = where === 'path' || isRequired;
  const { default: standard, ...json } = bare(z.toJSONSchema(schema, { io: 'output' }));
  return { name, in: where, required, description: what, schema: standard === undefined ? json : { ...json, default: standard } };
}

/** `:id` and `:file{pattern}`. */
const pathParameter = /:(\w+)(?:\{((?:[^{}\\]|\\.)+)\})?/g;

/** As OpenAPI writes a path: /api/jobs/{id}. */
export const templateOf = (path: string): string => path.replace(pathParameter, '{$1}');

function pathParameters(path: string): JsonSchema[] {
  return [...path.matchAll(pathParameter)].map(([, name = '', pattern]) => {
    const schema = pattern === undefined ? z.string() : z.string().regex(new RegExp(`^${pattern}$`));
    return parameterOf({ in: 'path', name }, { what: `Part of the address.`, schema });
  });
}

const listOf = (where: Place['in'], parameters: Record<string, Parameter> = {}): JsonSchema[] =>
  Object.entries(parameters).map(([name, parameter]) => parameterOf({ in: where, name }, parameter));

const words: Record<number, string> = {
  400: 'The request is not right; the message says what.',
  401: 'Who asks is not known, or may not.',
  403: 'Who asks may not do this.',
  404: 'There is no such thing, or it is somebody else’s.',
  409: 'It cannot be done in the state that things are in.',
  410: 'It has expired or was removed.',
  411: 'Content-Length is missing.',
  413: 'It is too large.',
  415: 'It is of a type that is not taken.',
  422: 'It was understood but cannot be taken; the message says why.',
  426: 'This address is for WebSockets.',
  429: 'Too often; `Retry-After` says when to come again.',
  501: 'There is no such format.',
  503: 'Not now; `Retry-After` says when to come again.',
};

const needsSomebody: Auth[] = ['owner', 'trainer', 'worker', 'admin'];

function answerOf({ what, json, type }: Answer): JsonSchema {
  if (json !== undefined) return { description: what, content: { 'application/json': { schema: refOf(json) } } };
  return type === undefined ? { description: what } : { description: what, content: { [type]: {} } };
}

function answersOf({ auth, answers, body, refusals = [] }: RouteDoc): JsonSchema {
  const common = [400, ...(needsSomebody.includes(auth) ? [401] : []), ...(body ? [413] : []), 429];
  const statuses = [...new Set([...common, ...refusals])].filter((status) => !(status in answers)).sort();
  const refused = statuses.map((status) => [status, answerOf({ what: words[status], json: 'Refusal' })]);
  return Object.fromEntries([...Object.entries(answers).map(([status, answer]) => [status, answerOf(answer)]), ...refused]) as JsonSchema;
}

function bodyOf(body: NonNullable<RouteDoc['body']>): JsonSchema {
  if ('json' in body) return { required: body.isOptional !== true, content: { 'application/json': { schema: refOf(body.json) } } };
  return { required: true, description: body.what, content: { [body.type]: {} } };
}

const owner = [{ session: [] }, { accessToken: [] }];
const security: Record<Auth, JsonSchema[]> = {
  anybody: [],
  signed: [],
  share: [],
  provider: [],
  owner,
  'new-owner': [{}, ...owner],
  'owner-or-signed': [{}, ...owner],
  trainer: [{ trainerToken: [] }],
  worker: [{ workerToken: [] }],
  admin: [{ adminToken: [] }, { adminSession: [] }, { access: [] }],
  'admin-page': [{ adminSession: [] }, { access: [] }],
};

const securitySchemes = {
  session: { type: 'apiKey', in: 'cookie', name: '__Host-owner', description: 'The session of a browser. Changes are taken from our own pages only.' }, // prettier-ignore
  accessToken: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT', description: 'From POST /api/token.' },
  trainerToken: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT', description: 'Of one attempt of one job, from what a trainer is started with.' }, // prettier-ignore
  workerToken: { type: 'http', scheme: 'bearer', description: 'WORKER_TOKEN, or the token of a rented machine.' },
  adminToken: { type: 'http', scheme: 'bearer', description: 'ADMIN_TOKEN.' },
  adminSession: { type: 'apiKey', in: 'cookie', name: '__Host-admin', description: 'From the form of /admin.' },
  access: { type: 'apiKey', in: 'header', name: 'Cf-Access-Jwt-Assertion', description: 'Set by Cloudflare Access where it is in front.' },
};

/** "GET /api/jobs/:id" -> "getApiJobsId". */
const operationId = ({ method, path }: RouteDoc): string =>
  method + templateOf(path).replace(/(?:^|[^A-Za-z0-9]+)([A-Za-z0-9]?)/g, (_, letter: string) => letter.toUpperCase());

function operationOf(route: RouteDoc, tag: string): JsonSchema {
  const { path, summary, more, query, headers, body, auth } = route;
  const parameters = [...pathParameters(path), ...listOf('query', query), ...listOf('header', headers)];
  return {
    operationId: operationId(route),
    tags: [tag],
    summary,
    ...(more !== undefined && { description: more }),
    security: security[auth],
    ...(parameters.length > 0 && { parameters }),
    ...(body && { requestBody: bodyOf(body) }),
    responses: answersOf(route),
  };
}

function pathsOf(): Record<string, JsonSchema> {
  const paths: Record<string, JsonSchema> = {};
  for (const { tag, routes } of sections)
    for (const route of routes) (paths[templateOf(route.path)] ??= {})[route.method] = operationOf(route, tag);
  return paths;
}

const description =
  'Photos in, a Gaussian-splat model out. Times are milliseconds since 1970, UTC, unless said otherwise. Every answer of 400 and above is a' +
  ' Refusal unless said otherwise, and every answer has `x-request-id`, which follows the work through queue and trainer; one that is sent' +
  ' (8 to 64 letters, digits and dashes) is taken.';

export function openApiDocument() {
  return {
    openapi: '3.1.0',
    info: { title: 'Splat App cloud', version: '1', description },
    jsonSchemaDialect: 'https://json-schema.org/draft/2020-12/schema',
    servers: [{ url: '/' }],
    tags: sections.map(({ tag, what }) => ({ name: tag, description: what })),
    paths: pathsOf(),
    components: { schemas: componentSchemas(), securitySchemes },
  };
}
