/** The build's side: headers by path, what the first load is, and that manifest and page agree with the app's colours. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, onTestFinished, test } from 'vitest';
import { firstLoad, firstLoadScriptBytes } from '../../scripts/lib/pwaFirstLoad.mjs';
import { headersFor } from '../../scripts/lib/pwaServer.mjs';
import { versionOf } from '../../scripts/lib/pwaServiceWorker.mjs';

const read = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');

function folderWith(files: Record<string, string>): string {
  const folder = mkdtempSync(join(tmpdir(), 'splat-pwa-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(join(folder, name, '..'), { recursive: true });
    writeFileSync(join(folder, name), content);
  }
  return folder;
}

const page = `<link rel="icon" href="/favicon.svg"><script type="module" crossorigin src="/assets/main.js"></script>`;
const built = {
  'index.html': page,
  'favicon.svg': '<svg/>',
  'assets/main.js': `import{a}from"./part.js";export{b}from"./other.js";const c=()=>import("./lazy.js");c(a)`,
  'assets/part.js': `import"./deep.js";export const a=1`,
  'assets/other.js': 'export const b="import x from \'./never.js\'"',
  'assets/deep.js': `import{a}from"./part.js";a`,
  'assets/lazy.js': 'export{}',
  'assets/lazy.js.map': '{}',
  'icons/any-192.png': 'png',
  'screenshots/wide.png': 'png',
  _headers: '/*',
  'viewer/splat-viewer.js': 'no',
  'viewer/splat-viewer-single.js': 'yes',
};

test('the first load is what the page names and what that imports at once', () => {
  const folder = folderWith(built);
  const scripts = ['assets/main.js', 'assets/part.js', 'assets/other.js', 'assets/deep.js'] as const;
  expect(firstLoad(folder).sort()).toEqual(['/', '/favicon.svg', ...scripts.map((name) => `/${name}`)].sort());
  expect(firstLoadScriptBytes(folder)).toBe(scripts.reduce((sum, name) => sum + gzipSync(built[name], { level: 9 }).length, 0));
});

test('the list has everything the app needs, each with the hash of its content', async () => {
  const { assets } = await versionOf(folderWith(built));
  const shell = assets.filter((asset) => asset.shell).map(({ path }) => path);
  const later = assets.filter((asset) => !asset.shell).map(({ path }) => path);
  expect(shell.sort()).toEqual(
    ['/', '/assets/deep.js', '/assets/main.js', '/assets/other.js', '/assets/part.js', '/favicon.svg', '/icons/any-192.png'].sort(),
  );
  expect(later.sort()).toEqual(['/assets/lazy.js', '/viewer/splat-viewer-single.js']);
  // printf yes | openssl dgst -sha256 -binary | base64
  const revision = assets.find(({ path }) => path.startsWith('/viewer/'))?.revision;
  expect(revision).toBe('sha256-inmIkP6TgXFjsQtfe9LKTSXYTFJzmmRaiJwXPu59nT0=');
});

test('another content is another version, the same content the same', async () => {
  const { id } = await versionOf(folderWith(built));
  expect((await versionOf(folderWith(built))).id).toBe(id);
  expect((await versionOf(folderWith({ ...built, 'assets/lazy.js': 'export{};' }))).id).not.toBe(id);
});

test('a page that names a file that is not there is not published', async () => {
  const without = Object.fromEntries(Object.entries(built).filter(([name]) => name !== 'favicon.svg'));
  await expect(versionOf(folderWith(without))).rejects.toThrow('/favicon.svg');
});

test('headers: every rule that matches, in order, and what is taken away again', () => {
  const rules = '# x\n/*\n  A: 1\n  B: a: b\n\n/v/*\n  ! A\n  C: 3\n/\n  D: 4\n';
  expect(headersFor(rules, '/x.js')).toEqual({ a: '1', b: 'a: b' });
  expect(headersFor(rules, '/v/x.js')).toEqual({ b: 'a: b', c: '3' });
  expect(headersFor(rules, '/')).toEqual({ a: '1', b: 'a: b', d: '4' });
});

test('the published headers: strict for the app, open for the viewer, files with a hash for ever', () => {
  const rules = read('public/_headers');
  const policy = headersFor(rules, '/')['content-security-policy'].split('; ');
  const wanted = [
    "script-src 'self' 'wasm-unsafe-eval'",
    "object-src 'none'",
    "base-uri 'none'",
    "frame-ancestors 'self'",
    "style-src 'self'",
  ];
  for (const rule of wanted) expect(policy).toContain(rule);
  expect(headersFor(rules, '/assets/a-1.js')['cache-control']).toContain('immutable');
  for (const path of ['/', '/service.js']) expect(headersFor(rules, path)['cache-control']).toMatch(/no-cache.*no-transform/);
  expect(headersFor(rules, '/viewer/embed.html')['content-security-policy']).not.toContain('frame-ancestors');
});

test('the colours of manifest and page are those of the tokens', () => {
  const [light, dark] = [...read('src/app/ui/tokens.css').matchAll(/--ground: (#\w+)/g)].map(([, colour]) => colour);
  const manifest = JSON.parse(read('public/manifest.webmanifest'));
  expect([manifest.theme_color, manifest.background_color]).toEqual([light, light]);
  expect([...read('index.html').matchAll(/name="theme-color"[^>]*content="(#\w+)"/g)].map(([, colour]) => colour)).toEqual([light, dark]);
});
