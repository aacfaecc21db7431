/**
 * The service worker of a built folder: its list of files, and its script.
 * Invariant: the list is read from the folder, never written by hand, and each file's revision is a hash of its content that the browser
 * checks when it fetches the file.
 */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'vite';
import { getManifest } from 'workbox-build';
import { firstLoad } from './pwaFirstLoad.mjs';
import { singleViewerName } from './viewerSingle.mjs';

/** @typedef {import('../../workers/service/assets.ts').Asset} Asset */

export const serviceWorkerName = 'service.js';

/** Not part of the app as it runs: what hosts read, pictures for the browser's install dialog, and the viewer for other sites. */
const leftOut = [serviceWorkerName, '_headers', '_redirects', 'screenshots/**', 'viewer/**', '**/*.map'];
/** The viewer's one file that pages are made of; larger than this it is fetched when it is needed. */
const maxViewerBytes = 1_000_000;
/** Nothing of the app is that large; the limit only keeps a stray file from being fetched by everybody. */
const maxFileBytes = 16_000_000;

/** @param {string} dist */
async function listed(dist) {
  const page = { globDirectory: dist, globPatterns: ['**/*'], globIgnores: leftOut, maximumFileSizeToCacheInBytes: maxFileBytes };
  const viewer = { globDirectory: dist, globPatterns: [`viewer/${singleViewerName}`], maximumFileSizeToCacheInBytes: maxViewerBytes };
  const lists = [await getManifest(page)];
  if (existsSync(join(dist, 'viewer', singleViewerName))) lists.push(await getManifest(viewer));
  for (const { warnings } of lists) for (const warning of warnings) process.stderr.write(`${warning}\n`);
  return lists.flatMap(({ manifestEntries }) => manifestEntries.map(({ url }) => url)).sort();
}

/** @param {Uint8Array} content */
const revisionOf = (content) => `sha256-${createHash('sha256').update(content).digest('base64')}`;

/**
 * Every file that the app needs to work without a network.
 * @param {string} dist the built folder
 * @returns {Promise<import('../../workers/service/assets.ts').Version>}
 */
export async function versionOf(dist) {
  const shell = new Set(firstLoad(dist));
  const files = await listed(dist);
  /** @type {Asset[]} */
  const assets = files.map((name) => {
    const content = readFileSync(join(dist, name));
    const path = name === 'index.html' ? '/' : `/${name}`;
    return { path, revision: revisionOf(content), bytes: content.length, shell: shell.has(path) || path.startsWith('/icons/') };
  });
  const absent = [...shell].filter((path) => !assets.some((asset) => asset.path === path));
  if (absent.length > 0) throw new Error(`The page names files that the build does not have: ${absent.join(', ')}.`);
  const id = createHash('sha256').update(JSON.stringify(assets)).digest('hex').slice(0, 16);
  return { id, assets };
}

/**
 * Bundles workers/service.ts with the folder's list and writes it into the folder. Run last: it lists what is there.
 * @param {string} root the repository's folder
 * @param {string} dist the built folder
 */
export async function writeServiceWorker(root, dist) {
  const version = await versionOf(dist);
  const result = await build({
    configFile: false,
    root,
    publicDir: false,
    logLevel: 'error',
    define: { appVersion: JSON.stringify(version) },
    build: {
      target: 'es2022',
      write: false,
      minify: true,
      modulePreload: false,
      reportCompressedSize: false,
      rolldownOptions: { input: join(root, 'workers/service.ts'), output: { format: 'iife', codeSplitting: false } },
    },
  });
  if (!('output' in result)) throw new Error('Vite gave no single output.');
  const [file, ...others] = result.output;
  if (others.length > 0) throw new Error(`The service worker needs others: ${others.map(({ fileName }) => fileName).join(', ')}.`);
  writeFileSync(join(dist, serviceWorkerName), file.code);
  return version;
}
