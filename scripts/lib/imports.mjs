/**
 * Reads which files of a tree import which, and finds circles.
 * Invariant: type-only imports count as imports; only relative specifiers are followed.
 */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import ts from 'typescript';

/** @typedef {Map<string, string[]>} ImportGraph file to the files it imports, all relative to the root with '/' */

/**
 * @param {string} folder
 * @returns {string[]} every source file below it
 */
function sourceFiles(folder) {
  if (!existsSync(folder)) return [];
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && /\.(ts|mjs|svelte)$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name));
}

/**
 * @param {string} file
 * @returns {string[]} the relative specifiers it imports, without queries such as ?raw
 */
function relativeImports(file) {
  const text = readFileSync(file, 'utf8');
  const scripts = file.endsWith('.svelte') ? [...text.matchAll(/<script[^>]*>([^]*?)<\/script>/g)].map((match) => match[1]) : [text];
  const specifiers = scripts.flatMap((script) => ts.preProcessFile(script, true, true).importedFiles.map((found) => found.fileName));
  return specifiers.filter((specifier) => specifier.startsWith('.')).map((specifier) => specifier.replace(/\?.*$/, ''));
}

/**
 * @param {string} root
 * @param {string[]} folders folders below root
 * @returns {ImportGraph}
 */
export function importGraph(root, folders) {
  /** @param {string} file */
  const nameOf = (file) => relative(root, file).split(sep).join('/');
  const files = folders.flatMap((folder) => sourceFiles(join(root, folder)));
  return new Map(files.map((file) => [nameOf(file), relativeImports(file).map((specifier) => nameOf(join(dirname(file), specifier)))]));
}

/**
 * Depth-first search for a way back to a file that is still being visited.
 * @param {ImportGraph} graph
 * @returns {string[] | null} the files of one circle, its first file again at the end; null when there is none
 */
export function findCycle(graph) {
  /** @type {string[]} */
  const path = [];
  const done = new Set();
  /** @type {(file: string) => string[] | null} */
  const visit = (file) => {
    if (path.includes(file)) return [...path.slice(path.indexOf(file)), file];
    if (done.has(file)) return null;
    path.push(file);
    for (const next of graph.get(file) ?? []) {
      const cycle = visit(next);
      if (cycle) return cycle;
    }
    path.pop();
    done.add(file);
    return null;
  };
  for (const file of graph.keys()) {
    const cycle = visit(file);
    if (cycle) return cycle;
  }
  return null;
}
