/**
 * Bundles one page per viewer, minified, as a site would ship it. Invariant: what a page's own file imports by package name comes from the
 * bench's folder of other viewers when it is there, never from the app's dependencies by accident.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Plugin, build } from 'vite';
import { competitorVersions } from './install.ts';

const pages = fileURLToPath(new URL('pages/', import.meta.url));

function fromFolder(folder: string): Plugin {
  const names = Object.keys(competitorVersions);
  return {
    name: 'other-viewers',
    enforce: 'pre',
    async resolveId(source, importer, options) {
      if (!importer?.startsWith(pages) || !names.some((name) => source === name || source.startsWith(`${name}/`))) return null;
      return this.resolve(source, join(folder, 'page.js'), { ...options, skipSelf: true });
    },
  };
}

/** Writes `<out>/<viewer>/` with page.js, what it loads and index.html. */
export async function bundlePage(viewer: string, competitors: string, out: string): Promise<void> {
  const outDir = join(out, viewer);
  await build({
    root: fileURLToPath(new URL('../../..', import.meta.url)),
    configFile: false,
    logLevel: 'error',
    base: './',
    publicDir: false,
    plugins: [fromFolder(competitors)],
    worker: { format: 'es' },
    build: {
      target: 'es2023',
      outDir,
      emptyOutDir: true,
      reportCompressedSize: false,
      chunkSizeWarningLimit: 1e5,
      rolldownOptions: { input: join(pages, `${viewer}.ts`), output: { entryFileNames: 'page.js' } },
    },
  });
  const style =
    'html,body{margin:0;height:100%;overflow:hidden;background:#000}canvas{display:block}.sse-viewer,.sse-viewer canvas{width:100%;height:100%}';
  const head = `<meta charset="utf-8"><link rel="icon" href="data:,"><title>${viewer}</title><style>${style}</style>`;
  writeFileSync(
    join(outDir, 'index.html'),
    `<!doctype html><html lang="en">${head}<body><script type="module" src="page.js"></script></body></html>`,
  );
}
