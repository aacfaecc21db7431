/**
 * File listing: the files of a dropped folder, archive or loose selection, found by path.
 * Invariant: paths use '/', have no '.' parts and no folder that all files share; hidden files and macOS's resource forks are not listed.
 */
import type { SourceFile } from '../scene/dataset.ts';

export interface Listing {
  files: SourceFile[];
  /** The file with this path below the shared folder. */
  at(path: string): SourceFile | undefined;
}

/** Path with '/' between its parts; '.' parts are taken out and '..' resolved where it can be. */
export function normalisePath(path: string): string {
  const parts: string[] = [];
  for (const part of path.replaceAll('\\', '/').split('/')) {
    if (part === '..' && parts.length > 0) parts.pop();
    else if (part !== '' && part !== '.' && part !== '..') parts.push(part);
  }
  return parts.join('/');
}

export const folderOf = (path: string): string => path.slice(0, Math.max(0, path.lastIndexOf('/')));
export const baseName = (path: string): string => path.slice(path.lastIndexOf('/') + 1);
export const joinPath = (folder: string, path: string): string => normalisePath(`${folder}/${path}`);

/** Plain code-unit comparison: the order every hold-out rule refers to. */
export const byCodeUnit = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

const isHidden = (path: string): boolean => path.split('/').some((part) => part.startsWith('.') || part === '__MACOSX');

/** The folder all paths lie in; '' when there is none. */
function sharedFolder(paths: string[]): string {
  if (paths.length === 0) return '';
  let shared = folderOf(paths[0]);
  while (shared !== '' && !paths.every((path) => path.startsWith(`${shared}/`))) shared = folderOf(shared);
  return shared;
}

/** Lists the files by name order; of two with one path the first is kept. */
export function listFiles(given: SourceFile[]): Listing {
  const visible = given
    .map((file) => ({ ...file, path: normalisePath(file.path), bytes: () => file.bytes() }))
    .filter(({ path }) => !isHidden(path));
  const shared = sharedFolder(visible.map(({ path }) => path));
  const byPath = new Map<string, SourceFile>();
  for (const file of visible) {
    const path = shared === '' ? file.path : file.path.slice(shared.length + 1);
    if (!byPath.has(path)) byPath.set(path, { ...file, path });
  }
  const files = [...byPath.values()].sort((a, b) => byCodeUnit(a.path, b.path));
  return { files, at: (path) => byPath.get(path) };
}
