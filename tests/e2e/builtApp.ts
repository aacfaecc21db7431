/**
 * The app as it is published: built once for all tests that find the sources as they are, and served with the headers it is published with.
 * Invariant: the repository's dist/ is neither read nor written, and a build that is kept is never changed.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readFile, readdir, rename, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Browser, BrowserContext, BrowserContextOptions } from 'playwright-core';
import { serveBuilt } from '../../scripts/lib/pwaServer.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const keptFolder = join(root, '.cache/built');
/** Everything a build is made from. */
const sources = ['src', 'workers', 'shaders', 'public', 'scripts', 'index.html', 'vite.config.ts', 'package-lock.json'];
const oldMs = 3600_000;
/** For the beforeAll() that may have to build first, on a machine that others use too. */
export const buildMs = 300_000;

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

async function filesBelow(path: string): Promise<string[]> {
  if ((await stat(join(root, path))).isFile()) return [path];
  const entries = await readdir(join(root, path), { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name).slice(root.length));
}

/** One name for one state of the sources. */
async function sourcesName(): Promise<string> {
  const hash = createHash('sha256').update(process.version);
  for (const path of (await Promise.all(sources.map(filesBelow))).flat().sort())
    hash.update(`\0${path}\0`).update(await readFile(join(root, path)));
  return hash.digest('hex').slice(0, 16);
}

/** The folder of the build, with source maps and without the viewer for other sites; made when there is none of these sources yet. */
async function builtFolder(): Promise<string> {
  const folder = join(keptFolder, await sourcesName());
  if (existsSync(folder)) return folder;
  await mkdir(keptFolder, { recursive: true });
  for (const name of await readdir(keptFolder)) {
    const path = join(keptFolder, name);
    if (Date.now() - (await stat(path)).mtimeMs > oldMs) await rm(path, { recursive: true, force: true });
  }
  const place = await mkdtemp(`${folder}-`);
  await run('node_modules/vite/bin/vite.js', 'build', '--outDir', place, '--sourcemap', 'hidden', '--logLevel', 'error');
  await writeServiceWorker(place);
  // Another run may have been quicker.
  await rename(place, folder).catch(() => rm(place, { recursive: true }));
  return folder;
}

/** Serves the built app on 127.0.0.1. */
export async function serveBuiltApp(): Promise<BuiltApp> {
  const folder = await builtFolder();
  const { url, use, close } = await serveBuilt(folder);
  return { url, folder, use, stop: close, close };
}

/** Another version: a copy that `change` changes. Remove it afterwards. */
export async function buildNext({ folder }: BuiltApp, change: (folder: string) => Promise<void>): Promise<string> {
  const next = await mkdtemp(join(tmpdir(), 'splat-next-'));
  await cp(folder, next, { recursive: true });
  await change(next);
  await writeServiceWorker(next);
  return next;
}

/**
 * A person's browser for tests that do something to the page: no service worker, which would fetch around them, and no policy for the page,
 * which refuses the styles of screenshots. The app with both is looked at in journey.test.ts and pwa.test.ts. No cloud answers, as where a
 * host gives its page for every address.
 */
export async function openContext(browser: Browser, options: BrowserContextOptions = {}): Promise<BrowserContext> {
  const context = await browser.newContext({ reducedMotion: 'reduce', bypassCSP: true, ...options });
  await context.addInitScript(() => void Reflect.deleteProperty(Navigator.prototype, 'serviceWorker'));
  await context.route(/\/api\//, (route) => route.fulfill({ contentType: 'text/html', body: '<!doctype html>' }));
  return context;
}
