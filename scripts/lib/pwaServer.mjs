/**
 * A built folder on a local address, as the host serves it: the types, and the headers of its _headers file.
 * Invariant: only files of the folder are served.
 */
import { existsSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname, join } from 'node:path';

/** @type {Record<string, string>} */
const types = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
  '.css': 'text/css',
  '.json': 'application/json',
  '.wasm': 'application/wasm',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.webmanifest': 'application/manifest+json',
};

/**
 * The headers that a _headers file gives a path: every rule that matches, in order; "! Name" takes one away again.
 * @param {string} text
 * @param {string} path
 * @returns {Record<string, string>}
 */
export function headersFor(text, path) {
  /** @type {Record<string, string>} */
  const headers = {};
  let applies = false;
  for (const line of text.split('\n')) {
    if (line.startsWith('#') || line.trim() === '') continue;
    if (!/^\s/.test(line)) {
      const rule = line.trim();
      applies = rule.endsWith('*') ? path.startsWith(rule.slice(0, -1)) : path === rule;
      continue;
    }
    if (!applies) continue;
    const [, taken, name = '', value = ''] = /^\s+(!\s*)?([\w-]+)(?::\s*(.*))?$/.exec(line) ?? [];
    if (taken) delete headers[name.toLowerCase()];
    else if (name) headers[name.toLowerCase()] = value;
  }
  return headers;
}

/**
 * @param {string} folder may be changed, or exchanged for another with `use`, while it is served
 * @param {number} [port] 0 takes a free one
 */
export async function serveBuilt(folder, port = 0) {
  let current = folder;
  const server = createServer((request, response) => {
    const path = decodeURIComponent(new URL(request.url ?? '/', 'http://x/').pathname);
    const rules = join(current, '_headers');
    const headers = existsSync(rules) ? headersFor(readFileSync(rules, 'utf8'), path) : {};
    if (request.method !== 'GET' || path.includes('..')) return void response.writeHead(405, headers).end();
    const name = path.endsWith('/') ? `${path}index.html` : path;
    readFile(join(current, name)).then(
      (body) => response.writeHead(200, { 'content-type': types[extname(name)] ?? 'application/octet-stream', ...headers }).end(body),
      // An address that names no file is a page's, as the host's single-page-application mode has it.
      () =>
        extname(name) === ''
          ? readFile(join(current, 'index.html')).then((page) =>
              response.writeHead(200, { 'content-type': types['.html'], ...headers }).end(page),
            )
          : response.writeHead(404, headers).end(),
    );
  });
  await new Promise((resolve) => server.listen(port, '127.0.0.1', () => resolve(null)));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The server has no port.');
  return {
    url: `http://127.0.0.1:${address.port}/`,
    /** @param {string} other */
    use: (other) => {
      current = other;
    },
    /** @returns {Promise<void>} */
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
