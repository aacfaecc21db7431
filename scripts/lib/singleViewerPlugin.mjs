/**
 * The viewer's single file while the app is served for work: where the built app has it, made when it is first asked for.
 * Invariant: nothing is bundled before somebody exports a page.
 */
import { bundleSingle, singleViewerName } from './viewerSingle.mjs';

/** @returns {import('vite').Plugin} */
export function singleViewer() {
  return {
    name: 'single-viewer',
    apply: 'serve',
    configureServer(server) {
      /** @type {Promise<string> | null} */
      let made = null;
      server.middlewares.use((request, response, next) => {
        if (request.url?.split('?')[0] !== `${server.config.base}viewer/${singleViewerName}`) return next();
        made ??= bundleSingle(server.config.root);
        made.then(
          (code) => {
            response.setHeader('content-type', 'text/javascript; charset=utf-8');
            response.end(code);
          },
          (error) => {
            // The sources may be whole again the next time.
            made = null;
            next(error);
          },
        );
      });
    },
  };
}
