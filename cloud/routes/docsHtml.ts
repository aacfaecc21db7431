/**
 * The HTML of the API's documentation: every route, and every schema as a table.
 * Invariant: no script; it shows what the OpenAPI document says and nothing else.
 */
import { html } from 'hono/html';
import type { JsonSchema } from '../openapi/document.ts';
import type { Auth, Parameter, RouteDoc, Section } from '../openapi/routeDoc.ts';
import type { Html } from './pageFrame.ts';
import { plainPage } from './plainPage.ts';

const style = `
nav ul{columns:12rem;margin:0;padding:0;list-style:none}
h3 code{font-size:1rem}.method{display:inline-block;min-width:4rem;color:var(--accent);font-weight:600}
article{border-top:1px solid var(--line);padding:.5rem 0}
`;

const authWords: Record<Auth, string> = {
  anybody: 'anybody',
  owner: 'the owner: session cookie or access token',
  'new-owner': 'anybody; a stranger becomes an owner by it',
  signed: 'whoever has the signed address',
  'owner-or-signed': 'the owner, or whoever has an address that the owner was given',
  share: 'whoever has the link, and its password where one is set',
  trainer: "the attempt's trainer: token and signature",
  worker: 'a worker: its token',
  provider: 'the GPU provider: token in the address, and its signature where it signs',
  admin: 'the operator: admin token, admin session or Cloudflare Access',
  'admin-page': 'the operator, in a browser',
};

type Text = Html | string;

const isRecord = (value: unknown): value is JsonSchema => typeof value === 'object' && value !== null && !Array.isArray(value);
const listOf = (value: unknown): JsonSchema[] => (Array.isArray(value) ? value.filter(isRecord) : []);
const refName = (ref: string): string => ref.slice(ref.lastIndexOf('/') + 1);
const link = (name: string): Html => html`<a href="#schema-${name}">${name}</a>`;

function joined(parts: Text[], between: string): Html {
  return html`${parts.map((part, index) => html`${index === 0 ? '' : between}${part}`)}`;
}

/** Bounds that people care about; those of a safe integer are not among them. */
function boundsOf(schema: JsonSchema): string {
  const shown: [string, string][] = [['minimum', '≥ '], ['exclusiveMinimum', '> '], ['maximum', '≤ '], ['minLength', 'at least '], ['maxLength', 'at most '], ['minItems', 'at least '], ['maxItems', 'at most '], ['format', ''], ['pattern', 'matches '], ['default', 'default ']]; // prettier-ignore
  const said = shown.flatMap(([key, before]) => {
    const value = schema[key];
    const isTold = value !== undefined && !(typeof value === 'number' && Math.abs(value) === Number.MAX_SAFE_INTEGER);
    return isTold ? [`${before}${typeof value === 'string' ? value : JSON.stringify(value)}`] : [];
  });
  return said.length === 0 ? '' : ` (${said.join(', ')})`;
}

function typeText(schema: JsonSchema): Text {
  if (typeof schema['$ref'] === 'string') return link(refName(schema['$ref']));
  const either = [...listOf(schema['anyOf']), ...listOf(schema['oneOf'])];
  if (either.length > 0) return joined(either.map(typeText), ' or ');
  if ('const' in schema) return html`<code>${JSON.stringify(schema['const'])}</code>`;
  if (Array.isArray(schema['enum'])) return joined(schema['enum'].map((value) => html`<code>${String(value)}</code>`), ' | '); // prettier-ignore
  if (Array.isArray(schema['prefixItems'])) return html`[${joined(listOf(schema['prefixItems']).map(typeText), ', ')}]`;
  if (schema['type'] === 'array') return html`list of ${isRecord(schema['items']) ? typeText(schema['items']) : 'anything'}${boundsOf(schema)}`; // prettier-ignore
  if (isRecord(schema['properties'])) return fieldTable(schema);
  if (isRecord(schema['additionalProperties'])) return html`by name: ${typeText(schema['additionalProperties'])}`;
  return `${typeof schema['type'] === 'string' ? schema['type'] : 'anything'}${boundsOf(schema)}`;
}

function fieldTable(schema: JsonSchema): Html {
  const required = Array.isArray(schema['required']) ? (schema['required'] as string[]) : [];
  const fields = Object.entries(isRecord(schema['properties']) ? schema['properties'] : {});
  if (fields.length === 0) return html`<span class="soft">an object</span>`;
  const rows = fields.map(
    ([name, field]) =>
      html`<tr>
        <td><code>${name}</code>${required.includes(name) ? '' : html` <span class="soft">optional</span>`}</td>
        <td>${isRecord(field) ? typeText(field) : ''}</td>
      </tr>`,
  );
  return html`<table>
    ${rows}
  </table>`;
}

const parameterRows = (where: string, parameters: Record<string, Parameter> = {}): Html[] =>
  Object.entries(parameters).map(
    ([name, { what, isRequired }]) =>
      html`<tr>
        <td><code>${name}</code> <span class="soft">${where}${isRequired === true ? '' : ', optional'}</span></td>
        <td>${what}</td>
      </tr>`,
  );

function bodyText({ body }: RouteDoc): Text {
  if (!body) return '';
  const text = 'json' in body ? html`${link(body.json)}${body.isOptional ? ', may be left out' : ''}` : html`${body.type}: ${body.what}`;
  return html`<tr>
    <td>body</td>
    <td>${text}</td>
  </tr>`;
}

function routePart(route: RouteDoc): Html {
  const { method, path, summary, more = '', auth, query, headers, answers, refusals = [] } = route;
  const answerRows = Object.entries(answers).map(
    ([status, { what, json, type }]) =>
      html`<tr>
        <td>${status}</td>
        <td>${what} ${json === undefined ? (type ?? '') : link(json)}</td>
      </tr>`,
  );
  return html`<article>
    <h3><span class="method">${method.toUpperCase()}</span> <code>${path}</code></h3>
    <p>${summary}. ${more} <span class="soft">For ${authWords[auth]}.</span></p>
    <div class="wide">
      <table>
        ${parameterRows('query', query)}${parameterRows('header', headers)}${bodyText(route)}${answerRows}
      </table>
    </div>
    ${refusals.length === 0 ? '' : html`<p class="soft">Also refused with ${refusals.join(', ')}.</p>`}
  </article>`;
}

export interface DocsPage {
  nonce: string;
  sections: Section[];
  schemas: Record<string, JsonSchema>;
}

export function docsPage({ nonce, sections, schemas }: DocsPage): Html {
  const anchor = (tag: string): string => `tag-${tag.replace(/\W+/g, '-')}`;
  return plainPage(
    { title: 'Splat App cloud: the API', nonce, style },
    html`<header>
        <h1>The API of the Splat App cloud</h1>
        <a href="/api/openapi.json">OpenAPI 3.1</a>
      </header>
      <main>
        <p>
          Times are milliseconds since 1970, UTC, unless said otherwise. What is refused is answered with ${link('Refusal')}; everything may
          be refused with 400 and 429, and what needs somebody with 401.
        </p>
        <nav aria-label="Sections">
          <ul>
            ${sections.map(({ tag }) => html`<li><a href="#${anchor(tag)}">${tag}</a></li>`)}
            <li><a href="#schemas">schemas</a></li>
          </ul>
        </nav>
        ${sections.map(
          ({ tag, what, routes }) =>
            html`<section id="${anchor(tag)}">
              <h2>${tag}</h2>
              <p class="soft">${what}</p>
              ${routes.map(routePart)}
            </section>`,
        )}
        <section id="schemas">
          <h2>Schemas</h2>
          ${Object.entries(schemas).map(
            ([name, schema]) =>
              html`<article id="schema-${name}">
                <h3>${name}</h3>
                <div class="wide">${typeText(schema)}</div>
              </article>`,
          )}
        </section>
      </main>`,
  );
}
