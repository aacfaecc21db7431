/**
 * `node scripts/build-service-worker.mjs [--out FOLDER]`: writes the service worker of a built folder and says what it keeps.
 * Invariant: run after everything else that writes into the folder.
 */
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { firstLoadScriptBytes } from './lib/pwaFirstLoad.mjs';
import { writeServiceWorker } from './lib/pwaServiceWorker.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const { values } = parseArgs({ options: { out: { type: 'string' } } });
const dist = values.out ? resolve(values.out) : join(root, 'dist');

const { id, assets } = await writeServiceWorker(root, dist);
const kilobytes = (/** @type {number} */ bytes) => `${Math.round(bytes / 1000)} kB`;
const sum = (/** @type {typeof assets} */ files) => `${files.length} files, ${kilobytes(files.reduce((all, { bytes }) => all + bytes, 0))}`;
process.stdout.write(
  `Version ${id}: ${sum(assets.filter(({ shell }) => shell))} at installation, ${sum(assets)} to work without a network.\n` +
    `Scripts of the first load: ${kilobytes(firstLoadScriptBytes(dist))} gzip.\n`,
);
