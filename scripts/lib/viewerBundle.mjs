/**
 * The viewer as files for any web server: ES modules that find each other by relative addresses, workers as files, nothing inlined.
 * Invariant: the entries keep their names from build to build; every other file carries a hash of its content in its name.
 */
import { join } from 'node:path';
import { build } from 'vite';
import {
  noFilesOfSplatTransform,
  noOrphans,
  notedModules,
  plainDynamicImports,
  plainWorkerUrls,
  strippedShaders,
} from './viewerPlugins.mjs';

/**
 * What people import, by file name without .js.
 * @param {string} root the repository's folder
 * @returns {Record<string, string>}
 */
export const viewerEntries = (root) => ({
  'splat-viewer': join(root, 'src/viewer/define.ts'),
  'splat-viewer-element': join(root, 'src/viewer/index.ts'),
  embed: join(root, 'src/viewer/embed.ts'),
});

const names = { chunkFileNames: '[name]-[hash].js', assetFileNames: '[name]-[hash][extname]' };

/**
 * @typedef {object} BundledFile
 * @property {string} name
 * @property {string | Uint8Array} content
 * @property {boolean} isEntry
 * @property {string[]} imports files it imports at once
 */

/**
 * What all bundles of the viewer share.
 * @param {string} root
 * @param {string} outDir
 * @param {Set<string>} modules is filled with the source files that end up in the bundle
 * @returns {import('vite').InlineConfig & { build: import('vite').BuildOptions }}
 */
function common(root, outDir, modules) {
  const plugins = () => [notedModules(modules), strippedShaders(), noFilesOfSplatTransform(), plainWorkerUrls(), noOrphans()];
  return {
    configFile: false,
    root,
    base: './',
    publicDir: false,
    logLevel: 'error',
    // Packages that also run in Node ask for it by this name; their Node parts are dropped.
    define: { process: 'undefined', 'globalThis.process': 'undefined' },
    plugins: [plainDynamicImports(), ...plugins()],
    worker: { format: 'es', plugins, rolldownOptions: { output: { ...names, entryFileNames: '[name]-[hash].js' } } },
    build: {
      target: 'es2022',
      outDir,
      assetsDir: '',
      assetsInlineLimit: 0,
      modulePreload: false,
      minify: true,
      reportCompressedSize: false,
    },
  };
}

/** @param {Awaited<ReturnType<typeof build>>} result */
function filesOf(result) {
  if (!('output' in result)) throw new Error('Vite gave no single output.');
  return result.output.map((file) => ({
    name: file.fileName,
    content: file.type === 'chunk' ? file.code : file.source,
    isEntry: file.type === 'chunk' && file.isEntry,
    imports: file.type === 'chunk' ? file.imports : [],
  }));
}

/**
 * The element and embed.html's script.
 * @param {string} root
 * @param {string} outDir emptied first
 * @returns {Promise<{ files: BundledFile[], modules: Set<string> }>} what was written, and the source files that are in it
 */
export async function bundleViewer(root, outDir, entries = viewerEntries(root)) {
  /** @type {Set<string>} */
  const modules = new Set();
  const config = common(root, outDir, modules);
  // Without this, what the element shares with its later parts would come in files of its own, each a request before the first picture.
  // The entries stay out: one of them registers the element, and the others must not.
  const isElement = (/** @type {string} */ id) => !/[\\/]src[\\/]viewer[\\/](?:define|index|embed\w*)\.ts$/.test(id);
  const element = { name: 'element', tags: [/** @type {const} */ ('$initial')], test: isElement };
  const output = { ...names, entryFileNames: '[name].js', codeSplitting: { groups: [element] } };
  const rolldownOptions = { input: entries, preserveEntrySignatures: /** @type {const} */ ('allow-extension'), output };
  const result = await build({ ...config, build: { ...config.build, emptyOutDir: true, rolldownOptions } });
  return { files: filesOf(result), modules };
}

/**
 * The script of embedding.html, which takes the element from its file like any other page.
 * @param {string} root
 * @param {string} outDir
 */
export async function bundleSnippets(root, outDir) {
  const config = common(root, outDir, new Set());
  const rolldownOptions = {
    input: { embedding: join(root, 'src/viewer/snippets.ts') },
    external: /[\\/]define\.ts$/,
    output: { ...names, entryFileNames: '[name].js', paths: () => './splat-viewer.js' },
  };
  await build({ ...config, build: { ...config.build, emptyOutDir: false, rolldownOptions } });
}
