/** The service worker's versions: what is installed, filled, kept for older pages and thrown away. */
import { beforeEach, expect, test } from 'vitest';
import { type AppVersion, createAppVersion } from '../../workers/service/appVersion.ts';
import { openAssetCache } from '../../workers/service/assetCache.ts';
import type { Asset, Version } from '../../workers/service/assets.ts';
import { openVersionBook } from '../../workers/service/versionBook.ts';
import { type FakeSite, fakeCaches, fakeSite } from './pwaFakeCaches.ts';

const siteA = { '/': 'page A', '/assets/same.js': 'same', '/assets/lazy-a.js': 'lazy A', '/single.js': 'single A' };
const siteB = { '/': 'page B', '/assets/same.js': 'same', '/assets/lazy-b.js': 'lazy B', '/single.js': 'single B' };

function versionOf(id: string, files: Record<string, string>): Version {
  const assets = Object.entries(files).map(([path, revision]): Asset => ({
    path,
    revision,
    bytes: revision.length,
    shell: path === '/' || path.includes('same'),
  }));
  return { id, assets };
}

let storage: CacheStorage;
let site: FakeSite;
let nowMs: number;

/** A worker as it is after every start: nothing in memory. */
function start(id: string, files: Record<string, string>): AppVersion {
  return createAppVersion(
    versionOf(id, files),
    openVersionBook(storage, () => nowMs),
    openAssetCache(storage, site.fetch),
  );
}
const a = (): AppVersion => start('a', siteA);
const b = (): AppVersion => start('b', siteB);
const quiet = (): void => undefined;
const from = (clientId: string) => ({ clientId, openedId: '' });
const textOf = async (response: Promise<Response | null | undefined>): Promise<string | null | undefined> => {
  const answer = await response;
  return answer ? answer.text() : answer;
};

beforeEach(() => {
  storage = fakeCaches();
  site = fakeSite(siteA);
  nowMs = 1_000_000;
});

test('installing fetches the shell and nothing else', async () => {
  await a().install();
  expect(site.asked.sort()).toEqual(['/', '/assets/same.js']);
  site.online = false;
  expect(await textOf(a().page('one'))).toBe('page A');
});

test('a shell that is not whole is not installed', async () => {
  site.files.delete('/assets/same.js');
  await expect(a().install()).rejects.toThrow('1 files');
});

test('a page in the place of a script is not kept', async () => {
  site.files.set('/assets/lazy-a.js', '<h1>Log in to the network</h1>');
  await a().install();
  expect(await a().fill(quiet)).toBe(1);
  expect(await textOf(a().file('/assets/lazy-a.js', from('')))).toBeNull();
});

test('a fill that was cut off goes on with what is missing', async () => {
  await a().install();
  site.files.delete('/single.js');
  expect(await a().fill(quiet)).toBe(1);
  site.files.set('/single.js', 'single A');
  site.asked.length = 0;
  const told: number[] = [];
  expect(await a().fill(({ doneBytes, totalBytes }) => told.push(doneBytes / totalBytes))).toBe(0);
  expect(site.asked).toEqual(['/single.js']);
  expect(told.at(-1)).toBe(1);
  site.online = false;
  expect(await textOf(a().file('/single.js', from('')))).toBe('single A');
});

test('a lazy part that was used once works without a network', async () => {
  await a().install();
  expect(await textOf(a().file('/assets/lazy-a.js', from('')))).toBe('lazy A');
  site.online = false;
  expect(await textOf(a().file('/assets/lazy-a.js', from('')))).toBe('lazy A');
  expect(await textOf(a().file('/single.js', from('')))).toBeNull();
  expect(await textOf(a().file('/not-ours.js', from('')))).toBeUndefined();
});

/** Version A with everything, a page open in it, and version B taken over. */
async function changedOver(): Promise<void> {
  await a().install();
  await a().fill(quiet);
  await a().page('old');
  site.files = new Map(Object.entries(siteB));
  site.asked.length = 0;
  await b().install();
  await b().page('new');
}

test('a newer version fetches only what differs', async () => {
  await changedOver();
  await b().fill(quiet);
  expect(site.asked.sort()).toEqual(['/', '/assets/lazy-b.js', '/single.js']);
});

test('each page gets the files of the version it was opened in, also its workers', async () => {
  await changedOver();
  await b().tidy(new Set(['old', 'new']));
  expect(await textOf(b().file('/single.js', from('old')))).toBe('single A');
  expect(await textOf(b().file('/single.js', from('new')))).toBe('single B');
  expect(await textOf(b().file('/assets/lazy-a.js', from('old')))).toBe('lazy A');
  expect(await textOf(b().file('/assets/same.js', { clientId: 'old', openedId: 'old-worker' }))).toBe('same');
  expect(await textOf(b().file('/single.js', from('old-worker')))).toBe('single A');
  expect(await textOf(b().file('/assets/lazy-b.js', from('old')))).toBeUndefined();
});

test('a file of the older version that was never fetched is refused rather than mixed', async () => {
  await a().install();
  await a().page('old');
  site.files = new Map(Object.entries(siteB));
  await b().install();
  expect(await textOf(b().file('/single.js', from('old')))).toBeNull();
});

test('the older version goes when its last page is gone', async () => {
  await changedOver();
  nowMs += 10 * 60_000;
  await b().tidy(new Set(['old', 'new']));
  expect(await textOf(b().file('/assets/lazy-a.js', from('old')))).toBe('lazy A');
  await b().tidy(new Set(['new']));
  site.online = false;
  expect(await textOf(b().file('/assets/lazy-a.js', from('stray')))).toBeUndefined();
  const left = await (await storage.open('splat-app-assets')).keys();
  expect(left.map(({ url }) => new URL(url).pathname).sort()).toEqual(['/', '/assets/same.js']);
  expect(await b().isFirst()).toBe(true);
});

test('a page that is just being opened is not taken for gone', async () => {
  await changedOver();
  nowMs += 1000;
  await b().tidy(new Set());
  expect(await textOf(b().file('/single.js', from('old')))).toBe('single A');
});

test('pages that were open before the first version belong to it', async () => {
  await a().install();
  expect(await a().isFirst()).toBe(true);
  await a().adopt(['early']);
  await a().fill(quiet);
  site.files = new Map(Object.entries(siteB));
  await b().install();
  expect(await b().isFirst()).toBe(false);
  expect(await textOf(b().file('/single.js', from('early')))).toBe('single A');
});

test('everything is there again after the person deleted all of it', async () => {
  await a().install();
  await a().fill(quiet);
  storage = fakeCaches();
  expect(await textOf(a().page('one'))).toBe('page A');
  expect(await a().fill(quiet)).toBe(0);
  site.online = false;
  expect(await textOf(a().file('/single.js', from('one')))).toBe('single A');
});
