/** The built viewer on local addresses, with files of the test beside it. Invariant: only the folder's files and those that were given. */
import { type Server, type ServerResponse, createServer } from 'node:http';
import { readFile } from 'node:fs/promises';
import { type AddressInfo } from 'node:net';
import { extname, join } from 'node:path';

export const strictPolicy = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'";

const types: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.json': 'application/json',
  '.wasm': 'application/wasm',
};

/** What is served under a path: whole, or written by the test itself, head and all, as fast or slowly as it likes. */
export type Served = string | Uint8Array | ((response: ServerResponse) => void);

export interface FolderServer {
  url: string;
  close(): Promise<void>;
}

/**
 * @param pages served besides the folder's files, by path without the slash; looked up anew for every request
 * @param headers sent with everything but what writes its own
 */
export async function serveFolder(
  folder: string,
  pages: Record<string, Served | undefined>,
  headers: Record<string, string>,
): Promise<FolderServer> {
  const server: Server = createServer((request, response) => {
    const name = decodeURIComponent(new URL(request.url ?? '/', 'http://x/').pathname).slice(1);
    const type = types[extname(name)] ?? 'application/octet-stream';
    const page = Object.hasOwn(pages, name) ? (pages[name] ?? null) : null;
    if (typeof page === 'function') return page(response);
    const content =
      page !== null ? Promise.resolve(page) : name.includes('..') ? Promise.reject(new Error()) : readFile(join(folder, name));
    content.then(
      (body) => response.writeHead(200, { 'content-type': type, 'content-length': Buffer.byteLength(body), ...headers }).end(body),
      () => response.writeHead(404, headers).end(),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/`,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
