/**
 * The whole way through the cloud as a person goes it, on the server that `npm start` runs: photos from the page, processed by the local
 * trainer, told, seen, shared with a second browser, taken back, deleted. And the same with the server killed in the upload, in the queue
 * and in training.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, onTestFailed, onTestFinished, test } from 'vitest';
import { text } from '../../src/app/i18n/en.ts';
import { launchChromium } from '../browser/chromium.ts';
import { writeProceduralDataset } from '../fixtures/writeProceduralDataset.ts';
import { button, looseInput } from './appPage.ts';
import { type CloudServer, cloudServer } from './cloudServer.ts';
import { startPushService } from './pushService.ts';
import { paintedShare } from './shownView.ts';

const slowMs = 480_000;
const patient = { timeout: 300_000, interval: 300 };
const words = text.cloud;
const trainArgs = '--steps 60 --width 64 --max-splats 2000';
/** The watchdog of a server that is started again must not take its production time. */
const quick = ['TUNING={"watchSeconds":2,"resendSeconds":3,"leaseSeconds":20,"lostSeconds":20,"lostRetries":6}'];

let browser: Browser;
let folder: string;
let photos: string[];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'splat-cloud-photos-'));
  const size = { widthPx: 320, heightPx: 240 };
  const { reconstruction } = await writeProceduralDataset(join(folder, 'set'), { ...size, viewCount: 24, pointCount: 10, detail: true });
  photos = reconstruction.views.map(({ photoName }) => join(folder, 'set', 'images', photoName)).filter((_, i) => i % 2 === 0);
  browser = await launchChromium({ webGpu: true });
});

afterAll(async () => {
  await browser?.close();
  await rm(folder, { recursive: true, force: true });
});

/** SPLAT_TRAINER=container: the same way with the container's program in place of the engine. */
const trainer = process.env.SPLAT_TRAINER === 'container' ? 'container' : 'engine';

async function started(): Promise<CloudServer> {
  const server = await cloudServer({ trainArgs, vars: quick, trainer });
  onTestFinished(() => server.close());
  // What the server said is the first thing to read when it did not do what it should.
  onTestFailed(() => console.info(server.said().slice(-6000)));
  await server.start();
  return server;
}

async function visitor(url: string): Promise<{ context: BrowserContext; page: Page; errors: string[] }> {
  const context = await browser.newContext({ locale: 'en-GB', viewport: { width: 1000, height: 800 }, reducedMotion: 'reduce' });
  onTestFinished(() => context.close());
  const page = await context.newPage();
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(error.message));
  await page.goto(url);
  return { context, page, errors };
}

/** Gives the photos to the page and orders the full quality. */
async function order(page: Page): Promise<void> {
  await page.locator(looseInput).setInputFiles(photos);
  await button(page, words.open).click({ timeout: 120_000 });
  await button(page, words.send).click();
}

interface ProjectList {
  projects: { id: string; photos: number; jobs: { id: string; state: string }[]; models: { id: string }[] }[];
}
/** What the server says it has of this person: with their browser's cookies, past the page, which loads itself anew after a restart. */
const projectsOf = async (page: Page): Promise<ProjectList> =>
  (await (await page.context().request.get(new URL('/api/projects', page.url()).href)).json()) as ProjectList;

/** Waits until the newest job is in one of these states; a job that fails ends the wait at once. */
async function jobReaches(page: Page, wanted: readonly string[]): Promise<void> {
  const deadlineMs = Date.now() + patient.timeout;
  for (;;) {
    // The server may be away.
    const state = (await projectsOf(page).catch(() => null))?.projects[0]?.jobs[0]?.state;
    if (state !== undefined && wanted.includes(state)) return;
    if (state === 'failed' || Date.now() > deadlineMs) throw new Error(`The job is ${state}, and should be ${wanted.join(' or ')}.`);
    await page.waitForTimeout(150);
  }
}

test('uploaded, processed, told, seen, shared, taken back, deleted', { timeout: slowMs }, async () => {
  const push = await startPushService();
  onTestFinished(() => push.close());
  const server = await started();
  const { page, errors } = await visitor(server.url);
  await order(page);
  await page.waitForResponse((answer) => answer.url().endsWith('/api/process') && answer.ok(), { timeout: patient.timeout });

  // The browser of the tests reaches no push service; this stands for it at the same door.
  const told = await page.evaluate(async (subscription) => {
    const body = JSON.stringify({ ...subscription, locale: 'en' });
    return (await fetch('/api/push/subscriptions', { method: 'POST', headers: { 'content-type': 'application/json' }, body })).status;
  }, push.subscription);
  expect(told).toBe(204);

  await jobReaches(page, ['completed']);
  await expect.poll(() => push.received.length, patient).toBe(1);
  expect(push.received[0].message).toMatchObject({ web_push: 8030, notification: { title: words.notify.doneTitle, lang: 'en' } });
  expect(push.received[0].headers['content-encoding']).toBe('aes128gcm');

  const [project] = (await projectsOf(page)).projects;
  expect(project).toMatchObject({ photos: photos.length, models: [{}] });
  // The notice leads to the project, and on to its model in the same viewer as soon as it has come.
  await page.goto(`${server.url}/?cloud-job=${project.jobs[0].id}`);
  const viewer = page.locator('splat-viewer');
  await viewer.waitFor({ timeout: patient.timeout });
  await expect.poll(() => paintedShare(viewer), patient).toBeGreaterThan(0.05);

  await page.getByRole('tab', { name: text.edit.tabs.share }).click();
  await button(page, words.share.make).click();
  const link = await page.getByLabel(words.share.link).inputValue();
  const other = await visitor(link);
  await other.page.getByRole('heading', { level: 1 }).waitFor();
  const frame = other.page.locator('iframe');
  await expect.poll(() => paintedShare(frame), patient).toBeGreaterThan(0.05);
  expect((await other.context.request.get(`${server.url}/api/projects`)).status()).toBe(401);

  await page.getByRole('button', { name: new RegExp(`^${words.share.revoke}`) }).click();
  await page.getByText(words.share.revoked).waitFor();
  const after = await other.page.reload();
  expect(after?.status()).toBe(404);

  await button(page, words.status.deleteThere).click();
  await expect.poll(async () => (await projectsOf(page)).projects.flatMap(({ jobs, models }) => [...jobs, ...models]), patient).toEqual([]);
  expect(errors).toEqual([]);
  expect(other.errors).toEqual([]);
});

test('the server killed in the upload, in the queue and in training: the job ends, once', { timeout: slowMs }, async () => {
  const server = await started();
  const { page } = await visitor(server.url);
  // In the upload: the third photo is on its way.
  let puts = 0;
  const third = new Promise<void>((resolve) => page.on('request', (request) => request.method() === 'PUT' && ++puts === 3 && resolve()));
  await order(page);
  await third;
  await server.kill();
  // In the queue: as soon as the job is ordered, which may be before the server is known to be back.
  const processed = page.waitForResponse((answer) => answer.url().endsWith('/api/process') && answer.ok(), { timeout: patient.timeout });
  await Promise.all([server.start(), processed]);
  await server.kill();
  await server.start();
  // In training.
  await jobReaches(page, ['training', 'completed']);
  await server.kill();
  await server.start();

  await jobReaches(page, ['completed']);
  const { projects } = await projectsOf(page);
  expect(projects.map(({ jobs, models }) => [jobs.length, models.length])).toEqual([[1, 1]]);
  await page.locator('article .state', { hasText: words.status.states.done }).waitFor({ timeout: patient.timeout });
});
