/**
 * Intake and the contact sheet in a browser: photos as people have them, among them blurred, doubled, broken and foreign ones, a zip and a
 * video; what lies in the private file system afterwards, and what the person sees of it.
 * Invariant: the page is blank but for what is tested; the worker is the app's own.
 */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import exifr from 'exifr';
import { zipSync } from 'fflate';
import type { Browser, Page } from 'playwright-core';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readExif } from '../../src/core/sfm/exif.ts';
import type { Failure, Result } from '../../src/core/job/failure.ts';
import type { ProjectPhoto } from '../../src/core/project/project.ts';
import type { IntakeResult } from '../../workers/intake/messages.ts';
import { webmOf } from '../e2e/videoFile.ts';
import { type AppServer, serveApp } from './appServer.ts';
import { launchChromium } from './chromium.ts';

const axeFile = fileURLToPath(new URL('../../node_modules/axe-core/axe.min.js', import.meta.url));
const [widthPx, heightPx] = [640, 480];

/** What the page is given of the app, as the server sends it. */
const parts = `
  import { createIntake } from '/src/app/services/intakeClient.ts';
  import CheckScreen from '/src/app/features/capture/CheckScreen.svelte';
  import { mount } from '/@id/svelte';
  globalThis.parts = { createIntake, CheckScreen, mount };`;

declare global {
  var parts: {
    createIntake: typeof import('../../src/app/services/intakeClient.ts').createIntake;
    CheckScreen: Parameters<typeof import('svelte').mount>[0];
    mount: typeof import('svelte').mount;
  };
  var chosenPhotos: ProjectPhoto[] | undefined;
  var axe: { run(): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> };
}

let server: AppServer;
let browser: Browser;
let page: Page;
let wall: Buffer;

beforeAll(async () => {
  [server, browser, wall] = await Promise.all([serveApp(), launchChromium({ webGpu: false }), makeWall()]);
  page = await browser.newPage({ viewport: { width: 360, height: 740 } });
  const blank = `${server.url}blank.html`;
  const body =
    '<!doctype html><html lang="en"><title>Check</title><link rel="stylesheet" href="/src/app/ui/tokens.css"><main><h1>Check</h1></main>';
  await page.route(blank, (route) => route.fulfill({ body, contentType: 'text/html' }));
  await page.goto(blank);
  await page.addScriptTag({ type: 'module', content: parts });
  await page.waitForFunction(() => 'parts' in globalThis);
});
afterAll(async () => {
  await browser?.close();
  await server?.close();
});

/** A wide wall with coarse and fine detail; photos are parts of it. */
async function makeWall(): Promise<Buffer> {
  const noise = (width: number, height: number, seed: number): Buffer =>
    Buffer.from(Uint8Array.from({ length: width * height * 3 }, (_, i) => (Math.imul(i + seed * 7919, 0x9e3779b1) >>> 13) & 255));
  const [width, height] = [2400, heightPx];
  const grain = (across: number, down: number, seed: number) =>
    sharp(noise(across, down, seed), { raw: { width: across, height: down, channels: 3 } }).resize(width, height, {
      kernel: 'cubic',
      fit: 'fill',
    });
  const fine = await grain(800, 160, 2).removeAlpha().ensureAlpha(0.5).png().toBuffer();
  return grain(60, 12, 1)
    .composite([{ input: fine }])
    .png()
    .toBuffer();
}

interface Given {
  path: string;
  bytes: Uint8Array;
}

/** The n-th photo along the wall. */
const view = (n: number) => sharp(wall).extract({ left: 90 * n, top: 0, width: widthPx, height: heightPx });
const name = (n: number): string => `IMG_${n}.jpg`;
const photo = async (n: number, bytes: Promise<Uint8Array> = view(n).jpeg({ quality: 90 }).toBuffer()): Promise<Given> => ({
  path: name(n),
  bytes: await bytes,
});

const placed = (n: number): Promise<Uint8Array> =>
  view(n)
    .withExif({
      IFD0: { Make: 'Apple', Model: 'iPhone 17' },
      IFD2: { DateTimeOriginal: '2026:05:04 03:02:01', FocalLengthIn35mmFilm: '26' },
      IFD3: { GPSLatitudeRef: 'N', GPSLatitude: '51/1 30/1 0/1', GPSLongitudeRef: 'E', GPSLongitude: '7/1 0/1 0/1' },
    })
    .jpeg({ quality: 90 })
    .toBuffer();

/** A HEIC's head; what follows makes its reader go round in circles. */
const heic = Buffer.concat([Buffer.from([0, 0, 0, 24]), Buffer.from('ftypheic\0\0\0\0mif1heic'), Buffer.alloc(400)]);

/** Takes the files in through the page's own client. */
async function take(
  project: string,
  given: Given[],
  before: ProjectPhoto[] = [],
): Promise<{ told: string[]; result: Result<IntakeResult> }> {
  const files = given.map(({ path, bytes }) => ({ path, base64: Buffer.from(bytes).toString('base64') }));
  return page.evaluate(
    async ([projectId, encoded, photosBefore]) => {
      const picked = encoded.map(({ path, base64 }) => ({
        path,
        file: new File([Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0))], path),
      }));
      const told: string[] = [];
      const result = await globalThis.parts.createIntake().take(projectId, picked, photosBefore, {
        progress: ({ done, total, unit }) => told.push(`${unit} ${done}/${total}`),
        photo: ({ file }, thumbnail, bytes) => told.push(`${file || 'no file'}${thumbnail ? ' seen' : ''}${bytes ? ' unkept' : ''}`),
      });
      return { told, result };
    },
    [project, files, before] as const,
  );
}

/** The names of a project's files, and one of them. */
const kept = (project: string): Promise<string[]> =>
  page.evaluate(async (id) => {
    const root = await navigator.storage.getDirectory();
    const folder = await (await root.getDirectoryHandle('projects', { create: true })).getDirectoryHandle(id, { create: true });
    const names: string[] = [];
    for await (const each of (folder as unknown as { keys(): AsyncIterable<string> }).keys()) names.push(each);
    return names.sort();
  }, project);

async function content(project: string, file: string): Promise<Buffer> {
  const base64 = await page.evaluate(
    async ([id, wanted]) => {
      const root = await navigator.storage.getDirectory();
      const folder = await (await root.getDirectoryHandle('projects')).getDirectoryHandle(id);
      const bytes = new Uint8Array(await (await (await folder.getFileHandle(wanted)).getFile()).arrayBuffer());
      return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''));
    },
    [project, file] as const,
  );
  return Buffer.from(base64, 'base64');
}

function valueOf(result: Result<IntakeResult>): IntakeResult {
  if (!result.ok) throw new Error(result.failure.detail);
  return result.value;
}

const warned = (warnings: Failure[]) => warnings.map(({ code, photos }) => [code, photos]);
const marked = (photos: ProjectPhoto[]) => photos.filter(({ reason }) => reason).map(({ name, reason, keep }) => [name, reason, keep]);

let first: IntakeResult;

test('photos are measured, judged, freed of their place and kept; what does not open is named', async () => {
  const good = await Promise.all([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12].map((n) => photo(n, n === 3 ? placed(n) : undefined)));
  const blurred = await photo(13, view(13).blur(6).jpeg().toBuffer());
  const doubled = { ...(await photo(5, view(5).modulate({ brightness: 1.05 }).jpeg({ quality: 70 }).toBuffer())), path: 'IMG_5 again.jpg' };
  const broken = { path: 'broken.jpg', bytes: good[0].bytes.subarray(0, 300) };
  const { told, result } = await take('first', [
    ...good,
    blurred,
    doubled,
    broken,
    { path: 'IMG_99.HEIC', bytes: heic },
    { ...good[2], path: 'copy.jpg' },
  ]);
  first = valueOf(result);
  expect(first.source).toBe('photos');
  expect(marked(first.photos)).toEqual([
    ['IMG_13.jpg', 'blurry', false],
    expect.arrayContaining(['duplicate', false]),
    ['IMG_99.HEIC', 'unreadable', false],
    ['broken.jpg', 'unreadable', false],
  ]);
  // Of the two photos of one place the sharper stays, whichever that is.
  const pair = first.photos.filter((each) => each.name.startsWith('IMG_5'));
  expect(pair.find(({ keep }) => !keep)?.duplicateOf).toBe(pair.find(({ keep }) => keep)?.name);
  expect(warned(first.warnings)).toEqual([
    ['bad-file', ['IMG_99.HEIC']],
    ['bad-file', ['broken.jpg']],
    ['partial', [expect.stringMatching(/^(copy|IMG_2)\.jpg$/)]],
  ]);
  expect(told.filter((line) => line.endsWith(' seen'))).toHaveLength(15);
  expect(told.at(-1)).toBe('photos 18/18');

  const files = await kept('first');
  expect(files).toHaveLength(30);
  expect(files).toEqual(first.photos.flatMap(({ file }) => (file ? [file, file.replace('.jpg', '.thumb.jpg')] : [])).sort());
  const small = await sharp(await content('first', 'photo-00001.thumb.jpg')).metadata();
  expect([small.format, small.width, small.height]).toEqual(['jpeg', 320, 240]);

  const withPlace = first.photos.find((each) => each.name === name(3))!;
  expect(withPlace).toMatchObject({ ...{ widthPx, heightPx }, cameraName: 'Apple iPhone 17', takenMs: Date.UTC(2026, 4, 4, 3, 2, 1) });
  // 26 mm on film's diagonal of 43.27 mm, of a photo whose diagonal is 800 px.
  expect(withPlace.focalPx).toBeCloseTo((26 / 43.27) * 800, 6);
  const stored = await content('first', withPlace.file);
  expect((await exifr.gps(good[3].bytes))?.latitude).toBeCloseTo(51.5, 6);
  expect((await exifr.gps(stored))?.latitude ?? NaN).toBeNaN();
  expect((await readExif(stored)).model).toBe('iPhone 17');
  expect(await sharp(stored).raw().toBuffer()).toEqual(await sharp(good[3].bytes).raw().toBuffer());
});

test('more photos, a zip and a video go on after those that are there', async () => {
  const more = await Promise.all([14, 15].map((n) => photo(n)));
  const inZip = await Promise.all([16, 17].map((n) => photo(n)));
  const again = await photo(1);
  const archive = zipSync(Object.fromEntries(inZip.map(({ path, bytes }) => [path, bytes])), { level: 0 });
  const pngs = await Promise.all([18, 19].map((n) => view(n).resize(320, 240).png().toBuffer()));
  const film = await webmOf(browser, server.url, pngs, 10, 6);
  const chosen = first.photos.map((each) => (each.name === name(0) ? { ...each, keep: false, reason: 'by-hand' as const } : each));
  const { told, result } = await take(
    'first',
    [...more, again, { path: 'trip.zip', bytes: archive }, { path: 'walk.webm', bytes: film }],
    chosen,
  );
  const { photos, warnings, source } = valueOf(result);
  expect(source).toBe('photos');
  expect(photos.slice(0, chosen.length).map(({ name, keep, reason }) => [name, keep, reason])).toEqual(
    chosen.map(({ name, keep, reason }) => [name, keep, reason]),
  );
  const added = photos.slice(chosen.length);
  expect(added.slice(0, 4).map(({ name, file }) => [name, file])).toEqual([
    ['IMG_14.jpg', 'photo-00016.jpg'],
    ['IMG_15.jpg', 'photo-00017.jpg'],
    ['trip/IMG_16.jpg', 'photo-00018.jpg'],
    ['trip/IMG_17.jpg', 'photo-00019.jpg'],
  ]);
  expect(added.length).toBeGreaterThan(4);
  for (const frame of added.slice(4))
    expect(frame).toMatchObject({ name: expect.stringMatching(/^walk_\d{5}\.\d\ds\.jpg$/), widthPx: 320 });
  expect(warned(warnings)).toEqual([['partial', ['IMG_1.jpg']]]);
  expect(told.some((line) => line.startsWith('frames '))).toBe(true);
});

test('when the room runs out in the middle, what is there stays and the rest is told', async () => {
  const session = await page.context().newCDPSession(page);
  const origin = new URL(server.url).origin;
  const { usage = 0 } = await page.evaluate(() => navigator.storage.estimate());
  const photos = await Promise.all([0, 1, 2, 3, 4].map((n) => photo(n)));
  // The browser goes on to promise 10 GB; that there is none is learned in writing.
  await session.send('Storage.overrideQuotaForOrigin', { origin, quotaSize: usage + 3 * photos[0].bytes.length });
  const { result } = await take('full', photos);
  await session.send('Storage.overrideQuotaForOrigin', { origin });
  const { photos: taken, warnings } = valueOf(result);
  expect(warnings[0].code).toBe('storage-full');
  expect(taken.length).toBeGreaterThan(0);
  expect(taken.length).toBeLessThan(4);
  expect(taken.map(({ name }) => name)).toEqual(photos.slice(0, taken.length).map(({ path }) => path));
  const files = await kept('full');
  for (const { file } of taken) expect(files).toContain(file);
});

test('the contact sheet shows each photo with its reason, and each can be used or left out by key; axe finds nothing', async () => {
  await page.evaluate(({ photos, warnings }) => {
    const nothing = (): void => undefined;
    const project = { id: 'first', photos, files: [] };
    const props = { project, warnings, busy: null, thumbnails: async () => null, onadd: nothing, oncancel: nothing, onstart: nothing };
    globalThis.parts.mount(globalThis.parts.CheckScreen, {
      target: document.querySelector('main')!,
      props: { ...props, onback: nothing, onphotos: (chosen: ProjectPhoto[]) => (globalThis.chosenPhotos = chosen) },
    });
  }, first);
  const sheet = page.getByRole('list', { name: 'Photos' });
  const card = (named: string) => sheet.getByRole('listitem').filter({ hasText: named });
  const blurry = card('IMG_13.jpg').getByRole('button', { name: 'IMG_13.jpg Left out: blurry' });
  expect(await blurry.getAttribute('aria-pressed')).toBe('false');
  await blurry.press('Enter');
  const chosen = await page.evaluate(() => globalThis.chosenPhotos);
  expect(marked(chosen ?? [])).toContainEqual(['IMG_13.jpg', 'blurry', true]);
  expect(await card('broken.jpg').getByRole('button').first().isDisabled()).toBe(true);
  await page.getByRole('button', { name: 'Left out 4' }).click();
  expect(await sheet.getByRole('listitem').count()).toBe(4);

  await page.getByRole('button', { name: 'Enlarge IMG_99.HEIC' }).click();
  const dialog = page.getByRole('dialog', { name: 'IMG_99.HEIC' });
  expect(await dialog.innerText()).toContain('Most Compatible');
  await page.keyboard.press('ArrowLeft');
  await page.getByRole('dialog', { name: 'IMG_13.jpg' }).waitFor();
  await page.addScriptTag({ content: await readFile(axeFile, 'utf8') });
  const violations = async () => (await page.evaluate(() => globalThis.axe.run())).violations.map(({ id, nodes }) => [id, nodes[0].html]);
  expect(await violations()).toEqual([]);
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  expect(await violations()).toEqual([]);
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(360);
});
