/**
 * What the browser must fetch before the app shows, read from the built page.
 * Invariant: a file counts when index.html names it or a counted script imports it statically; what is imported later does not.
 */
import { readFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { gzipSync } from 'node:zlib';
import { parseAst } from 'vite';

/**
 * Addresses that a page's tags name on this site.
 * @param {string} html
 */
export const namedInPage = (html) =>
  [...html.matchAll(/<(?:script|link)\b[^>]*?\s(?:src|href)="(\/[^"]+)"/g)].map(([, path]) => /** @type {string} */ (path));

/**
 * Addresses that a script imports at once.
 * @param {string} code
 * @param {string} path the script's own address
 */
export function staticImports(code, path) {
  /** @type {string[]} */
  const found = [];
  for (const node of parseAst(code).body)
    if (
      (node.type === 'ImportDeclaration' || node.type === 'ExportNamedDeclaration' || node.type === 'ExportAllDeclaration') &&
      node.source
    )
      found.push(posix.join(dirname(path), String(node.source.value)));
  return found;
}

/**
 * @param {string} dist the built folder
 * @returns {string[]} addresses, the page's own "/" first
 */
export function firstLoad(dist) {
  const queue = namedInPage(readFileSync(join(dist, 'index.html'), 'utf8'));
  const found = new Set(['/']);
  for (let path = queue.shift(); path; path = queue.shift()) {
    if (found.has(path)) continue;
    found.add(path);
    if (path.endsWith('.js')) queue.push(...staticImports(readFileSync(join(dist, path), 'utf8'), path));
  }
  return [...found];
}

/**
 * Bytes of the scripts of the first load as they travel, compressed with gzip.
 * @param {string} dist
 */
export function firstLoadScriptBytes(dist) {
  const scripts = firstLoad(dist).filter((path) => path.endsWith('.js'));
  return scripts.reduce((sum, path) => sum + gzipSync(readFileSync(join(dist, path)), { level: 9 }).length, 0);
}
