/**
 * `npm run build:viewer [-- --out FOLDER]`: the viewer as a folder to put on any web server, and what it weighs.
 * Invariant: the folder is emptied first and holds nothing that was not made by this run.
 */
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { bundleSnippets, bundleViewer } from './lib/viewerBundle.mjs';
import { writeLicences, writeManifest, writePackage, writePages } from './lib/viewerPackage.mjs';
import { writeSingle } from './lib/viewerSingle.mjs';
import { sizeTable } from './lib/viewerSizes.mjs';
import { writeTypes } from './lib/viewerTypes.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const { values } = parseArgs({ options: { out: { type: 'string' } } });
const outDir = values.out ? resolve(values.out) : join(root, 'dist/viewer');

const { files, modules } = await bundleViewer(root, outDir);
await bundleSnippets(root, outDir);
const single = await writeSingle(root, outDir, modules);
writePages(root, outDir);
await writeManifest(root, outDir);
writePackage(root, outDir);
writeLicences(root, outDir, modules);
writeTypes(root, outDir);
process.stdout.write(`${sizeTable([...files, single])}\n\nIn ${relative(process.cwd(), outDir) || '.'}: open embedding.html.\n`);
