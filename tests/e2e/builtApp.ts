/**
 * The app as it is published: built into a folder of its own and served with the headers it is published with.
 * Invariant: the repository's dist/ is neither read nor written.
 */
import { spawn } from 'node:child_process';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { serveBuilt } from '../../scripts/lib/pwaServer.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));

export interface BuiltApp {
  url: string;
  folder: string;
  /** Publishes another folder at the same address. */
  use(folder: string): void;
  /** Ends the server only: the network is gone. */
  stop(): Promise<void>;
  close(): Promise<void>;
}

/** Runs a Node program in the repository as a person does, without what the test runner adds to the environment. */
async function run(...args: string[]): Promise<void> {
  const env = { ...process.env };
  delete env.NODE_ENV;
  delete env.VITEST;
  const child = spawn(process.execPath, args, { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
  if (code !== 0) throw new Error(`${args[0]} ended with ${code}:\n${said}`);
}

const writeServiceWorker = (folder: string): Promise<void> => run('scripts/build-service-worker.mjs', '--out', folder);

/** Builds the app, with source maps and without the viewer for other sites, and serves it on 127.0.0.1. */
export async function buildAndServeApp(): Promise<BuiltApp> {
  const place = await mkdtemp(join(tmpdir(), 'splat-built-'));
  const folder = join(place, 'dist');
  await run('node_modules/vite/bin/vite.js', 'build', '--outDir', folder, '--sourcemap', 'hidden', '--logLevel', 'error');
  await writeServiceWorker(folder);
  const { url, use, close: stop } = await serveBuilt(folder);
  const close = (): Promise<void> => stop().then(() => rm(place, { recursive: true, force: true }));
  return { url, folder, use, stop, close };
}

/** Another version beside the first: a copy that `change` changes. */
export async function buildNext({ folder }: BuiltApp, change: (folder: string) => Promise<void>): Promise<string> {
  const next = `${folder}-next`;
  await cp(folder, next, { recursive: true });
  await change(next);
  await writeServiceWorker(next);
  return next;
}
