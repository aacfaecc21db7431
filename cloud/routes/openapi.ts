/** GET /api/openapi.json and, for people, GET /api/docs. Both are of the same tables (cloud/openapi). */
import { Hono } from 'hono';
import type { AppEnv } from '../http/appEnv.ts';
import { openCors } from '../http/cors.ts';
import { openApiDocument, sections } from '../openapi/document.ts';
import { randomToken } from '../policy/tokens.ts';
import { docsPage } from './docsHtml.ts';

const cached = 'public, max-age=300';

export const openapiRoutes = new Hono<AppEnv>()
  .get('/openapi.json', openCors, (c) => c.json(openApiDocument(), 200, { 'cache-control': cached }))
  .get('/docs', async (c) => {
    const nonce = randomToken(16);
    const policy = `default-src 'none'; style-src 'nonce-${nonce}'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;
    c.header('content-security-policy', policy);
    c.header('cache-control', cached);
    return c.html(await docsPage({ nonce, sections, schemas: openApiDocument().components.schemas }));
  });
