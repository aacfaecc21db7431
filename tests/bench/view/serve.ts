/**
 * Serves folders and remembers what was asked for, with its size gzipped: the bytes a page needs to its first picture.
 * Invariant: nothing is compressed on the wire, so that loading times do not measure this server.
 */
import { createReadStream, existsSync, readFileSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize } from 'node:path';
import { gzipSync } from 'node:zlib';

const types: Record<string, string> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
  '.css': 'text/css',
  '.wasm': 'application/wasm',
  '.json': 'application/json',
};

export interface BenchServer {
  url: string;
  /** Code (scripts, WebAssembly, style sheets) served since the last call, raw and gzipped bytes. */
  takeCode(): { files: number; bytes: number; gzipBytes: number };
  close(): Promise<void>;
}

/** Serves the first folder that has the file. */
export async function serveFolders(folders: string[]): Promise<BenchServer> {
  let code: string[] = [];
  const server = createServer((request, response) => {
    const path = normalize(new URL(request.url ?? '/', 'http://bench').pathname).replace(/\/$/, '/index.html');
    const file = folders.map((folder) => join(folder, path)).find((each) => existsSync(each) && statSync(each).isFile());
    if (!file) return response.writeHead(404).end();
    if (['.js', '.mjs', '.wasm', '.css'].includes(extname(file))) code.push(file);
    const type = types[extname(file)] ?? 'application/octet-stream';
    response.writeHead(200, { 'content-type': type, 'content-length': statSync(file).size, 'cache-control': 'no-store' });
    return createReadStream(file).pipe(response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    takeCode() {
      const contents = [...new Set(code)].map((file) => readFileSync(file));
      code = [];
      const sum = (sizes: number[]): number => sizes.reduce((a, b) => a + b, 0);
      return {
        files: contents.length,
        bytes: sum(contents.map((each) => each.length)),
        gzipBytes: sum(contents.map((each) => gzipSync(each, { level: 9 }).length)),
      };
    },
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
