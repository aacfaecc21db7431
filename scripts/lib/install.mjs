/**
 * Dependencies exactly as package-lock.json has them.
 * Invariant: no package's install script runs; nothing here may need one.
 */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runNpm } from './run.mjs';

/** @typedef {Record<string, { version?: string, optional?: boolean, devOptional?: boolean }>} LockedPackages */

/**
 * @param {LockedPackages} locked the packages of package-lock.json
 * @param {LockedPackages} installed the packages of node_modules/.package-lock.json, npm's own note of what it put there
 * @returns {boolean} true when every locked package is there in its version (optional ones may be absent) and no other is
 */
export function matchesLock(locked, installed) {
  const names = Object.keys(locked).filter((name) => name !== '');
  const allThere = names.every((name) => {
    const there = installed[name];
    return there ? there.version === locked[name].version : Boolean(locked[name].optional || locked[name].devOptional);
  });
  return allThere && Object.keys(installed).every((name) => name in locked);
}

/**
 * @param {string} file
 * @returns {LockedPackages | null}
 */
function readPackages(file) {
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')).packages : null;
}

/**
 * Installs the locked dependencies when node_modules is missing or of another lock file.
 * @param {string} root the repository's folder
 * @returns {boolean} false when npm could not install them
 */
export function installDependencies(root) {
  const lockFile = join(root, 'package-lock.json');
  const stampFile = join(root, 'node_modules', '.splat-lock');
  const stamp = `${createHash('sha256').update(readFileSync(lockFile)).digest('hex')} ${process.platform}-${process.arch}\n`;
  if (existsSync(stampFile) && readFileSync(stampFile, 'utf8') === stamp) return true;
  const installed = readPackages(join(root, 'node_modules', '.package-lock.json'));
  if (!installed || !matchesLock(readPackages(lockFile) ?? {}, installed)) {
    process.stderr.write('Installing the dependencies ...\n');
    const options = ['--ignore-scripts', '--include=dev', '--include=optional', '--no-audit', '--no-fund', '--loglevel=error'];
    if (!runNpm(['ci', ...options], { cwd: root })) return false;
  }
  writeFileSync(stampFile, stamp);
  return true;
}
