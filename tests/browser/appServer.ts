/** The app, served by Vite on a free port. Invariant: nothing is reloaded while a test runs; what needs bundling is bundled at the start. */
import { fileURLToPath } from 'node:url';
import { createServer } from 'vite';

export interface AppServer {
  url: string;
  close(): Promise<void>;
}

/** Serves the page as `npm start` does. */
export async function serveApp(): Promise<AppServer> {
  const root = fileURLToPath(new URL('../..', import.meta.url));
  const server = await createServer({
    root,
    configFile: `${root}vite.config.ts`,
    logLevel: 'warn',
    server: { port: 0, hmr: false, watch: null },
  });
  await server.listen();
  const url = server.resolvedUrls?.local[0];
  if (!url) throw new Error('Vite gave no address.');
  return { url, close: () => server.close() };
}
