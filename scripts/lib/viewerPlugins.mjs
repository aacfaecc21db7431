/**
 * What the viewer's bundle needs besides Vite itself.
 * Invariant: no plugin changes what the code does, only what does not belong into a bundle for other people's pages.
 */
import { readFileSync } from 'node:fs';

/** @typedef {import('vite').Plugin} Plugin */

/**
 * WGSL without comments, indentation and blank lines. Block comments nest; the language has no strings that could hide one.
 * @param {string} code
 */
export function stripWgsl(code) {
  let kept = '';
  let depth = 0;
  for (let at = 0; at < code.length;) {
    const parts = depth > 0 ? /\/\*|\*\/|[^/*]+|[/*]/y : /\/\*|\/\/[^\n]*|[^/]+|\//y;
    parts.lastIndex = at;
    const [part] = parts.exec(code) ?? [code.slice(at)];
    at += part.length;
    if (part === '/*') depth++;
    else if (depth === 0) kept += part.startsWith('//') ? '' : part;
    // A comment may be all that parts two words.
    else if (part === '*/' && --depth === 0) kept += ' ';
  }
  const lines = kept.split('\n').map((line) => line.trim());
  return lines.filter((line) => line !== '').join('\n');
}

/** @returns {Plugin} shaders imported as text come without their comments */
export function strippedShaders() {
  return {
    name: 'stripped-shaders',
    enforce: 'pre',
    load(id) {
      const file = /^(.*\.wgsl)\?raw$/.exec(id)?.[1];
      return file ? `export default ${JSON.stringify(stripWgsl(readFileSync(file, 'utf8')))};` : null;
    },
  };
}

/**
 * Vite wraps every `import()` into a helper that fetches style sheets first and touches the document; there are no style sheets here.
 * @returns {Plugin}
 */
export function plainDynamicImports() {
  return {
    name: 'plain-dynamic-imports',
    enforce: 'pre',
    load: (id) => (id.startsWith('\0vite/preload-helper') ? 'export const __vitePreload = (load) => load();' : null),
  };
}

/**
 * Worker addresses in the form that other bundlers know: `new URL("file.js", import.meta.url)`.
 * @returns {Plugin}
 */
export function plainWorkerUrls() {
  return {
    name: 'plain-worker-urls',
    generateBundle(_, bundle) {
      const nested = /new URL\(new URL\(([`"'][\w./-]+[`"']),import\.meta\.url\)\.href,(?:``|""|'')\+import\.meta\.url\)/g;
      for (const chunk of Object.values(bundle)) {
        if (chunk.type === 'chunk') chunk.code = chunk.code.replace(nested, 'new URL($1,import.meta.url)');
      }
    },
  };
}

/**
 * splat-transform finds its own worker and WebP decoder beside itself. We hand it the decoder's address and use no worker of its own, so
 * neither may be copied along (Vite would take the whole folder). What stands there instead is never reached.
 * @returns {Plugin}
 */
export function noFilesOfSplatTransform() {
  return {
    name: 'no-files-of-splat-transform',
    enforce: 'pre',
    transform(code, id) {
      if (!/splat-transform[\\/]dist[\\/]index\.mjs/.test(id)) return null;
      return { code: code.replace(/(new URL\([^()]*), import\.meta\.url\)/g, '$1, globalThis.location.href)'), map: null };
    },
  };
}

/**
 * What stands in for Node's modules, which no code that is left asks for any more.
 * @returns {Plugin}
 */
export function noOrphans() {
  return {
    name: 'no-orphans',
    generateBundle(_, bundle) {
      const chunks = () => Object.values(bundle).filter((file) => file.type === 'chunk');
      for (let orphan; (orphan = chunks().find((one) => !one.isEntry && chunks().every(({ code }) => !code.includes(one.fileName))));) {
        delete bundle[orphan.fileName];
      }
    },
  };
}

/**
 * Notes the source files whose code is left in the bundle.
 * @param {Set<string>} modules
 * @returns {Plugin}
 */
export function notedModules(modules) {
  return {
    name: 'noted-modules',
    generateBundle(_, bundle) {
      for (const chunk of Object.values(bundle)) {
        if (chunk.type !== 'chunk') continue;
        for (const [id, { renderedLength }] of Object.entries(chunk.modules)) if (renderedLength > 0) modules.add(id);
      }
    },
  };
}
