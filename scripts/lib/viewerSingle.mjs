/**
 * The viewer as one classic script that a page can hold inside itself: no import, no file beside it, no network. The same script is also its own
 * worker: the page makes a Blob of its text and starts that under the worker's name.
 * Invariant: the text holds nothing that could end a <script> element, and no address of another file.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'vite';
import { licenceNotice } from './viewerPackage.mjs';
import { noFilesOfSplatTransform, noOrphans, notedModules, plainDynamicImports, strippedShaders } from './viewerPlugins.mjs';

/** Name of the file beside the viewer's others. */
export const singleViewerName = 'splat-viewer-single.js';

const entryId = 'virtual:single-viewer-entry';
const ownScriptId = 'virtual:own-script';

/** In a worker there is no document; which of the two it is, is its name. The script's own text is asked for first, while it is known. */
const entry = (/** @type {string} */ root) => `
import '${ownScriptId}';
if (typeof document === 'undefined') {
  if (self.name === 'splatSort') import(${JSON.stringify(join(root, 'workers/splatSort.ts'))});
  else import(${JSON.stringify(join(root, 'workers/splatFile.ts'))});
} else import(${JSON.stringify(join(root, 'src/viewer/define.ts'))});
`;

/** document.currentScript is known only while the script runs for the first time. */
const ownScript = `
const text = typeof document === 'undefined' ? null : document.currentScript?.textContent;
const url = text ? URL.createObjectURL(new Blob([text], { type: 'text/javascript' })) : null;
export function startOwn(name) {
  if (!url) throw new Error('This script does not know its own text.');
  return new Worker(url, { name });
}
`;

const workerUrl = /new Worker\(new URL\('[./]*\/workers\/(splatFile|splatSort)\.ts', import\.meta\.url\), \{ type: 'module' \}\)/g;
/** The WebP decoder stays out: pages hold .spz or .ply, which need none. */
const wasmUrl = /new URL\('[./]*\/node_modules\/@playcanvas\/splat-transform\/lib\/webp\.wasm', import\.meta\.url\)\.href/g;

/**
 * @param {string} root
 * @returns {import('vite').Plugin}
 */
function singleFile(root) {
  return {
    name: 'single-file',
    enforce: 'pre',
    resolveId: (id) => (id === entryId || id === ownScriptId ? `\0${id}` : null),
    load: (id) => (id === `\0${entryId}` ? entry(root) : id === `\0${ownScriptId}` ? ownScript : null),
    transform(code, id) {
      if (!/[\\/](?:src[\\/]viewer|workers)[\\/]/.test(id)) return null;
      const alone = code.replace(workerUrl, "__startOwn('$1')").replace(wasmUrl, "'data:,'");
      if (alone === code) return null;
      return {
        code: alone.includes('__startOwn') ? `import { startOwn as __startOwn } from '${ownScriptId}';\n${alone}` : alone,
        map: null,
      };
    },
  };
}

/** What would end the element the script stands in, or begin a comment there, written so that it does not. @param {string} code */
const withinScript = (code) =>
  code
    .replaceAll('\r\n', '\n')
    .replace(/<(?=\/script|!--)/gi, '\\x3c')
    .trim();

/**
 * The script's text.
 * @param {string} root the repository's folder
 * @param {Set<string>} modules is filled with the source files that end up in it
 */
export async function bundleSingle(root, modules = new Set()) {
  const result = await build({
    configFile: false,
    root,
    publicDir: false,
    logLevel: 'error',
    define: { process: 'undefined', 'globalThis.process': 'undefined' },
    plugins: [singleFile(root), plainDynamicImports(), notedModules(modules), strippedShaders(), noFilesOfSplatTransform(), noOrphans()],
    build: {
      target: 'es2022',
      write: false,
      modulePreload: false,
      minify: true,
      reportCompressedSize: false,
      rolldownOptions: { input: entryId, output: { format: 'iife', codeSplitting: false } },
    },
  });
  if (!('output' in result)) throw new Error('Vite gave no single output.');
  const [file, ...others] = result.output;
  if (others.length > 0) throw new Error(`The single file needs others: ${others.map(({ fileName }) => fileName).join(', ')}.`);
  // Whoever hands the page on hands on the licences with it.
  const notice = `/*!\n${licenceNotice(root, modules).replaceAll('*/', '* /')}*/\n`;
  const code = withinScript(notice + file.code);
  if (/\bimport\.meta\b|\bimport\(/.test(code)) throw new Error('The single file still asks for another.');
  return code;
}

/**
 * @param {string} root
 * @param {string} outDir
 * @param {Set<string>} modules
 * @returns {Promise<import('./viewerBundle.mjs').BundledFile>}
 */
export async function writeSingle(root, outDir, modules) {
  const content = await bundleSingle(root, modules);
  mkdirSync(outDir, { recursive: true });
  writeFileSync(join(outDir, singleViewerName), content);
  return { name: singleViewerName, content, isEntry: true, imports: [] };
}
