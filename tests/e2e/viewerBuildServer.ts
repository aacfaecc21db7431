/** The built viewer on two local addresses: a strict one and one whose files other origins may read. Invariant: only files of the folder. */
import { type Server, createServer } from 'node:http';
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

export interface FolderServer {
  url: string;
  close(): Promise<void>;
}

/**
 * @param pages texts served besides the folder's files, by path without the slash
 * @param headers sent with everything
 */
export async function serveFolder(
  folder: string,
  pages: Record<string, string | Uint8Array>,
  headers: Record<string, string>,
): Promise<FolderServer> {
  const server: Server = createServer((request, response) => {
    const name = decodeURIComponent(new URL(request.url ?? '/', 'http://x/').pathname).slice(1);
    const type = types[extname(name)] ?? 'application/octet-stream';
    const content =
      name in pages ? Promise.resolve(pages[name]) : name.includes('..') ? Promise.reject(new Error()) : readFile(join(folder, name));
    content.then(
      (body) => response.writeHead(200, { 'content-type': type, ...headers }).end(body),
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
