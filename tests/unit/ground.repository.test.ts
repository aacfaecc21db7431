/** What every copy of the repository must keep: it installs from whatever registry a machine is set to, in exact versions. */
import { readFileSync, readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const notOurs = new Set(['node_modules', '.git', '.cache', 'dist', 'OUT', '.wrangler']);
const binary = /\.(png|jpe?g|webp|ico|ply|spz|sog|bin|zip|woff2?)$/;

function ourFiles(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (notOurs.has(entry.name)) return [];
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return ourFiles(path);
    return entry.isFile() && !binary.test(entry.name) ? [path] : [];
  });
}

interface Lock {
  packages: Record<string, { version?: string; resolved?: string; integrity?: string }>;
}
const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as Lock;
const locked = Object.entries(lock.packages).filter(([name]) => name !== '');

test('no file names a package registry', () => {
  const registryHost = /\bregistry\.[a-z0-9-]+\.[a-z]|npmmirror/i;
  const self = fileURLToPath(import.meta.url);
  const naming = ourFiles(root).filter((file) => file !== self && registryHost.test(readFileSync(file, 'utf8')));
  expect(naming.map((file) => relative(root, file))).toEqual([]);
});

test('the lock file holds checksums and no addresses', () => {
  expect(locked.length).toBeGreaterThan(100);
  expect(locked.filter(([, entry]) => entry.resolved !== undefined).map(([name]) => name)).toEqual([]);
  expect(locked.filter(([, entry]) => !entry.integrity).map(([name]) => name)).toEqual([]);
});

test('every dependency is asked for in one exact version', () => {
  const { dependencies, devDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Record<
    string,
    Record<string, string>
  >;
  const loose = Object.entries({ ...dependencies, ...devDependencies }).filter(([, version]) => !/^\d+\.\d+\.\d+$/.test(version));
  expect(loose).toEqual([]);
});
