/**
 * The other viewers, in exact versions, in a folder git does not see. They are no dependencies of the app.
 * Invariant: no install script runs; what is there in the right version is not fetched again.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export const competitorVersions: Record<string, string> = {
  '@playcanvas/supersplat-viewer': '1.36.2',
  '@sparkjsdev/spark': '2.2.0',
  playcanvas: '2.23.3',
  three: '0.187.0',
};

function installedVersion(folder: string, name: string): string | null {
  const file = join(folder, 'node_modules', name, 'package.json');
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version : null;
}

/** Installs what is missing; throws when npm fails. */
export function installCompetitors(folder: string): void {
  const missing = Object.entries(competitorVersions).filter(([name, version]) => installedVersion(folder, name) !== version);
  if (missing.length === 0) return;
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true, dependencies: competitorVersions }));
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
  const args = ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  const { status } = spawnSync(npm, args, { cwd: folder, stdio: ['ignore', 'inherit', 'inherit'], shell: process.platform === 'win32' });
  if (status !== 0) throw new Error(`The other viewers could not be installed into ${folder}.`);
}
