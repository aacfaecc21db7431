/**
 * How a route is described; cloud/openapi/*Docs.ts hold the descriptions, document.ts makes the OpenAPI document of them.
 * Invariant: bodies and answers are named schemas, so that what is documented is what the routes check.
 */
import type * as z from 'zod';
import type { SchemaName } from './schemas.ts';

export type Method = 'get' | 'post' | 'put' | 'patch' | 'delete';

/**
 * Who may. `anybody`; `owner`: a session cookie or an access token; `new-owner`: the same, and a stranger becomes an owner by it;
 * `signed`: whoever has the address, whose query is signed; `share`: whoever has the link's token, and the password where one is set.
 */
export type Auth =
  'anybody' | 'owner' | 'new-owner' | 'signed' | 'owner-or-signed' | 'share' | 'trainer' | 'worker' | 'provider' | 'admin' | 'admin-page';

export interface Parameter {
  what: string;
  schema: z.ZodType;
  isRequired?: boolean;
}

export interface Answer {
  what: string;
  /** JSON of this schema. */
  json?: SchemaName;
  /** Anything else, by its media type. */
  type?: string;
}

export interface RouteDoc {
  method: Method;
  /** As Hono has it: /api/jobs/:id. */
  path: string;
  /** One line. */
  summary: string;
  /** More, in Markdown. */
  more?: string;
  auth: Auth;
  query?: Record<string, Parameter>;
  headers?: Record<string, Parameter>;
  body?: { json: SchemaName; isOptional?: boolean } | { type: string; what: string };
  answers: Record<number, Answer>;
  /** Statuses of refusals besides those that every route has. */
  refusals?: number[];
}

export interface Section {
  tag: string;
  what: string;
  routes: RouteDoc[];
}
