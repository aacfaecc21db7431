/**
 * How many bytes a visitor's browser fetches: at once for an entry, later for each part that may be needed.
 * Invariant: sizes are gzip's at its best level, summed file by file, as a server sends them.
 */
import { gzipSync } from 'node:zlib';

/** @typedef {import('./viewerBundle.mjs').BundledFile} BundledFile */

/** @param {string | Uint8Array} content */
export const gzipBytes = (content) => gzipSync(content, { level: 9 }).length;

/**
 * An entry and everything it imports at once.
 * @param {BundledFile[]} files
 * @param {string} entry a file's name
 * @returns {BundledFile[]}
 */
export function eagerFiles(files, entry) {
  const byName = new Map(files.map((file) => [file.name, file]));
  /** @type {Set<BundledFile>} */
  const reached = new Set();
  /** @param {string} name */
  const visit = (name) => {
    const file = byName.get(name);
    if (!file || reached.has(file)) return;
    reached.add(file);
    file.imports.forEach(visit);
  };
  visit(entry);
  return [...reached];
}

/** @param {BundledFile[]} files */
export const totalGzipBytes = (files) => files.reduce((sum, { content }) => sum + gzipBytes(content), 0);

/** @param {number} bytes */
const kilobytes = (bytes) => `${(bytes / 1024).toFixed(1)} KiB`;

/**
 * @param {BundledFile[]} files
 * @returns {string} a table for people
 */
export function sizeTable(files) {
  const entries = files.filter(({ isEntry }) => isEntry);
  const eager = new Set(entries.flatMap(({ name }) => eagerFiles(files, name)));
  const rows = [
    ...entries.map(({ name }) => ({ name, what: 'at once', bytes: totalGzipBytes(eagerFiles(files, name)) })),
    ...files.filter((file) => !eager.has(file)).map(({ name, content }) => ({ name, what: 'when needed', bytes: gzipBytes(content) })),
  ];
  const width = Math.max(...rows.map(({ name }) => name.length));
  return rows.map(({ name, what, bytes }) => `${name.padEnd(width)}  ${what.padEnd(11)}  ${kilobytes(bytes).padStart(10)} gzip`).join('\n');
}
