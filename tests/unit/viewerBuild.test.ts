/** `npm run build:viewer`: its weight, that it needs no more than a strict policy allows, and what describes it. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { type BundledFile, bundleSnippets, bundleViewer } from '../../scripts/lib/viewerBundle.mjs';
import { writeLicences, writeManifest, writePackage, writePages } from '../../scripts/lib/viewerPackage.mjs';
import { stripWgsl } from '../../scripts/lib/viewerPlugins.mjs';
import { eagerFiles, totalGzipBytes } from '../../scripts/lib/viewerSizes.mjs';
import { attributeNames, attributes } from '../../src/viewer/attributes.ts';
import { SplatViewerElement } from '../../src/viewer/index.ts';

const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/[\\/]$/, '');
const kibibyte = 1024;
const out = mkdtempSync(join(tmpdir(), 'splat-viewer-build-'));
let files: BundledFile[] = [];
let packages: string[] = [];

beforeAll(async () => {
  const built = await bundleViewer(root, out);
  files = built.files;
  await bundleSnippets(root, out);
  writePages(root, out);
  await writeManifest(root, out);
  writePackage(root, out);
  packages = writeLicences(root, out, built.modules);
}, 60_000);
afterAll(() => rmSync(out, { recursive: true }));

const names = () => readdirSync(out);
const textOf = (name: string) => readFileSync(join(out, name), 'utf8');
const scripts = () => names().filter((name) => name.endsWith('.js'));

test('what a page fetches before it knows the file weighs at most 60 KiB gzipped', () => {
  const eager = eagerFiles(files, 'splat-viewer.js');
  const bytes = totalGzipBytes(eager);
  expect(bytes).toBeLessThanOrEqual(60 * kibibyte);
  expect(bytes).toBeGreaterThan(10 * kibibyte);
  expect(eager.length).toBeLessThanOrEqual(2);
});

test('readers of formats, WebGL and WebP are not part of that', () => {
  const eager = eagerFiles(files, 'splat-viewer.js')
    .map(({ content }) => String(content))
    .join('');
  expect(eager.match(/#version 300 es|fzstd|f_rest_/g)).toBeNull();
  expect(names().filter((name) => /^webgl.*\.js$/.test(name))).toHaveLength(1);
  expect(names().filter((name) => /^webp-.*\.wasm$/.test(name))).toHaveLength(1);
});

test('nothing is evaluated, no blob: worker is made, nothing of Node is asked for', () => {
  const forbidden = /new Function\b|[^.\w]eval\(|["'`]blob:|createObjectURL|import\(?\s*["'`]node:|__vite|process\.env|\bcreateRequire\b/g;
  const found = scripts().flatMap((name) => [...textOf(name).matchAll(forbidden)].map(([text]) => `${name}: ${text}`));
  expect(found).toEqual([]);
});

test('files find each other wherever the folder lies, and each is there', () => {
  const named =
    /(?:^|;)(?:import|export)(?:\{[^}]*\}|\*)from\s*["'`]([^"'`]+)|\bimport\(\s*["'`]([^"'`]+)|new URL\(["'`]([^"'`]+)["'`],\s*import\.meta\.url/g;
  const missing: string[] = [];
  let count = 0;
  for (const name of scripts()) {
    for (const [, from, later, url] of textOf(name).matchAll(named)) {
      count++;
      const file = from ?? later ?? url;
      const isPlain = url !== undefined || file.startsWith('./');
      if (!isPlain || !names().includes(file.replace(/^\.\//, ''))) missing.push(`${name} names ${file}`);
    }
  }
  expect(missing).toEqual([]);
  expect(count).toBeGreaterThan(10);
});

test('the pages hold no inline script or style and name only files that are there', () => {
  for (const page of ['embed.html', 'embedding.html']) {
    const html = textOf(page);
    expect(html).not.toMatch(/<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=/);
    for (const [, file] of html.matchAll(/(?:src|href)="\.\/([^"]+)"/g)) expect(names()).toContain(file);
  }
});

describe('importing', () => {
  const load = (name: string) => import(/* @vite-ignore */ pathToFileURL(join(out, name)).href) as Promise<Record<string, unknown>>;

  test('the class registers nothing; the other entries register it once', async () => {
    const registered = new Map<string, unknown>();
    vi.stubGlobal('customElements', {
      get: (name: string) => registered.get(name),
      define(name: string, made: unknown) {
        if (registered.has(name)) throw new Error('Defined twice.');
        registered.set(name, made);
      },
    });
    const { SplatViewerElement: made } = await load('splat-viewer-element.js');
    expect(registered.size).toBe(0);
    expect((await load('splat-viewer.js'))['SplatViewerElement']).toBe(made);
    await load('define.js');
    expect([...registered]).toEqual([['splat-viewer', made]]);
    vi.unstubAllGlobals();
  });

  test.for(['splat-viewer-element.js', 'splat-viewer.js', 'define.js'])('%s on a server touches nothing', (name) => {
    const code = `const { SplatViewerElement } = await import(${JSON.stringify(pathToFileURL(join(out, name)).href)}); console.log(SplatViewerElement.name);`;
    const done = spawnSync(process.execPath, ['--input-type=module', '-e', code], { encoding: 'utf8' });
    expect(done.stderr).toBe('');
    expect(done.status).toBe(0);
  });
});

test('the package leads to files that are there', () => {
  const { exports, customElements } = JSON.parse(textOf('package.json')) as { exports: Record<string, unknown>; customElements: string };
  const paths = (value: unknown): string[] => (typeof value === 'string' ? [value] : Object.values(value as object).flatMap(paths));
  const missing = [...paths(exports), customElements].filter(
    (path) => !path.includes('/types/') && !names().includes(path.replace('./', '')),
  );
  expect(missing).toEqual([]);
});

test('every package inside is named with its licence', () => {
  expect(packages).toContain('@playcanvas/splat-transform');
  const notice = textOf('THIRD-PARTY.txt');
  for (const name of packages) expect(notice).toContain(name);
  expect(notice).toContain('Permission is hereby granted');
});

describe('the custom-elements manifest', () => {
  interface Manifest {
    schemaVersion: string;
    modules: { path: string; declarations?: Declaration[]; exports: { kind: string; name: string }[] }[];
  }
  interface Declaration {
    name: string;
    tagName: string;
    attributes: { name: string; fieldName: string; type: { text: string }; description: string }[];
    members: { kind: string; name: string }[];
  }
  const manifest = () => JSON.parse(textOf('custom-elements.json')) as Manifest;

  test('names files that are there and the element they define', () => {
    expect(manifest().schemaVersion).toBe('1.0.0');
    for (const { path } of manifest().modules) expect(names()).toContain(path);
    const defined = manifest().modules.flatMap((module) => module.exports.filter(({ kind }) => kind === 'custom-element-definition'));
    expect(defined).toEqual([expect.objectContaining({ name: 'splat-viewer' })]);
  });

  test('lists every attribute of the class, and members that the class has', () => {
    const declaration = manifest().modules.flatMap((module) => module.declarations ?? [])[0];
    expect(declaration.attributes.map(({ name }) => name)).toEqual([...SplatViewerElement.observedAttributes]);
    expect(declaration.name).toBe(SplatViewerElement.name);
    const prototype = SplatViewerElement.prototype as object;
    expect(declaration.members.filter(({ name }) => !(name in prototype)).map(({ name }) => name)).toEqual([]);
    const mode = declaration.attributes.find(({ name }) => name === 'mode');
    expect(mode).toEqual({
      name: 'mode',
      fieldName: 'mode',
      type: { text: "'orbit' | 'fly'" },
      default: "'orbit'",
      description: attributes.mode.doc,
    });
    expect(declaration.attributes).toHaveLength(attributeNames.length);
  });
});

describe('shaders in the bundle', () => {
  test.for([
    ['a // b\nc', 'a\nc'],
    ['a /* b /* c */ d */ e', 'a   e'],
    ['  let x = 1; // y\n\n\n  /* z\n */\n  x /= 2;', 'let x = 1;\nx /= 2;'],
    ['a/**/b', 'a b'],
    ['x * /* // */ y', 'x *   y'],
    ['// /* \na\n// */', 'a'],
  ])('%j becomes %j', ([code, stripped]) => {
    expect(stripWgsl(code).replaceAll(/ +/g, ' ')).toBe(stripped.replaceAll(/ +/g, ' '));
  });

  test('no comment is left in the element', () => {
    const eager = eagerFiles(files, 'splat-viewer.js')
      .map(({ content }) => String(content))
      .join('');
    expect(eager.includes('@compute')).toBe(true);
    expect(eager.includes('// Invariant')).toBe(false);
  });
});
