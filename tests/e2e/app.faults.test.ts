/**
 * What goes wrong on the way from photos to a splat, in a real Chromium: tabs closed, workers that break, a lost GPU, full and damaged
 * storage, files that are of no use, two tabs at once. Each row looks at what the person reads and at what lies in storage afterwards.
 */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { text } from '../../src/app/i18n/en.ts';
import { words } from '../../src/core/job/words.en.ts';
import { launchChromium } from '../browser/chromium.ts';
import { writeProceduralDataset } from '../fixtures/writeProceduralDataset.ts';
import {
  announced,
  button,
  dropFile,
  folderInput,
  holdDevice,
  inTrainer,
  loseDevice,
  startTraining,
  storedRows,
  trainers,
  units,
} from './appPage.ts';
import { type BuiltApp, buildMs, serveBuiltApp } from './builtApp.ts';
import {
  type Person,
  allowBytes,
  alterWorker,
  damage,
  filesIn,
  idIn,
  namesOf,
  newPerson,
  newestOf,
  records,
  reopened,
  saidSoFar,
  stepsSaid,
} from './faultPage.ts';
import { type PhotoSet, writePhotoSet } from './photoSet.ts';

let app: BuiltApp;
let browser: Browser;
let folder: string;
/** Photos with cameras, small enough to train in seconds; photos without, large enough to be solved. */
let set: PhotoSet;
let photos: string[];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'splat-faults-'));
  const solvable = { widthPx: 320, heightPx: 240, viewCount: 24, pointCount: 10, detail: true };
  [app, browser, set] = await Promise.all([serveBuiltApp(), launchChromium({ webGpu: true }), writePhotoSet(join(folder, 'spheres'))]);
  const { reconstruction } = await writeProceduralDataset(join(folder, 'set'), solvable);
  photos = reconstruction.views.filter((_, i) => i % 2 === 0).map(({ photoName }) => join(folder, 'set', 'images', photoName));
}, buildMs);

afterAll(async () => {
  await browser.close();
  await app.close();
  await rm(folder, { recursive: true, force: true });
});

/** Where photos go in, at home and in the CHECK room. */
const manyInput = 'main input[type=file][multiple]:not([webkitdirectory])';
/** A software GPU that others use too. */
const slowMs = 200_000;
const patient = { timeout: 60_000, interval: 100 };
const small = { 'Most splats': 500, 'Photo width, px': 64 };
const { resume, actions, busy } = text.journey;

const photosIn = async (page: Page) => (await records(page))[0]?.photos ?? [];
const trainingIn = async (page: Page) => (await records(page))[0]?.training ?? null;

/** A run over the photos with cameras, some steps in. */
async function training(person: Person, steps: number, prepare?: (page: Page) => Promise<void>): Promise<Page> {
  const page = await person.open(app.url);
  await prepare?.(page);
  await page.setInputFiles(folderInput, set.folder);
  await page.getByText(text.journey.prepare.dataset(19)).waitFor();
  await startTraining(page, { ...small, Steps: steps });
  return page;
}

const moreStepsThan = (page: Page, step: number): Promise<void> =>
  expect.poll(async () => (await stepsSaid(page)).at(-1) ?? 0, patient).toBeGreaterThan(step);

/** Pauses and waits until that step is kept; gives it back. */
async function keptByPause(page: Page): Promise<number> {
  await button(page, text.controls.pause).click();
  await announced(page, text.progress.states.paused);
  const step = Number(/^step ([\d,]+)/.exec(await units(page))?.[1].replaceAll(',', ''));
  await page.getByText(text.journey.keptAt(step)).waitFor();
  await expect.poll(async () => (await trainingIn(page))?.step, patient).toBe(step);
  return step;
}

async function goOn(page: Page): Promise<void> {
  await button(page, resume.go).click();
  await announced(page, text.progress.states.running);
}

/** What the list of remarks holds, unfolded or not. */
const remarks = (page: Page): Promise<string[]> =>
  page
    .locator('details', { hasText: /\d remarks?/ })
    .locator('li')
    .allTextContents();

describe('a tab closed', () => {
  test('while photos are taken in, while they are solved, and after', { timeout: slowMs }, async () => {
    const person = await newPerson(browser);
    const slowly = `const decode = createImageBitmap;
      globalThis.createImageBitmap = async (...given) => (await new Promise((go) => setTimeout(go, 250)), decode(...given));`;
    await alterWorker(person.context, 'intake', slowly);
    let page = await person.open(app.url);

    // Intake: the photos so far are there, and the rest is added without taking any twice.
    await page.setInputFiles(manyInput, photos);
    await expect.poll(async () => (await photosIn(page)).length, patient).toBeGreaterThanOrEqual(3);
    await person.context.unrouteAll();
    page = await reopened(person, page);
    const id = idIn(page);
    const before = await photosIn(page);
    expect(before.length).toBeLessThan(12);
    await page.getByText(text.check.using(before.length, before.length)).waitFor();
    await page.setInputFiles(manyInput, photos);
    await page.getByText(text.check.using(12, 12)).waitFor();
    await page.getByText('there already').waitFor();
    const taken = await photosIn(page);
    expect(new Set(taken.map((photo) => photo.id)).size).toBe(12);
    const files = await filesIn(page, 'projects', id);
    expect(taken.filter(({ file }) => !files.some(({ name, sizeBytes }) => name === file && sizeBytes > 0))).toEqual([]);
    expect(new Set(files.filter(({ name }) => /^photo-\d+\.png$/.test(name)).map(({ hash }) => hash)).size).toBe(12);

    // A GPU lost while solving is told, and "Resume" goes on.
    await holdDevice(page);
    await startTraining(page, { ...small, Steps: 3000 });
    await expect.poll(() => units(page), patient).toMatch(/^photos [2-9]\/12$/);
    await loseDevice(page);
    const alert = page.getByRole('alert');
    await alert.getByText(words['gpu-lost'].happened).waitFor();
    await button(page, actions.resume).click();
    await expect.poll(() => units(page), patient).toMatch(/^photos ([4-9]|1\d)\/12$/);

    // Solving: the way on is offered in words that fit, and the features found are not looked for again.
    page = await reopened(person, page);
    await page.getByText(resume.solving).waitFor();
    const found = await filesIn(page, 'solve-cache');
    expect(found.length).toBeGreaterThanOrEqual(3);
    await button(page, resume.go).click();
    await announced(page, text.progress.stages.cameras, slowMs);
    const later = new Map((await filesIn(page, 'solve-cache')).map((file) => [file.name, file]));
    expect(found.map((file) => later.get(file.name))).toEqual(found);
    expect(later.size).toBeGreaterThan(found.length);

    // Placed cameras: they are taken up, not looked for.
    await expect.poll(() => namesOf(page, id, /^solved/), { ...patient, timeout: slowMs }).toEqual(['solved.bin']);
    await expect.poll(async () => (await records(page))[0].state, patient).toBe('solved');
    const solvedFile = async () => (await filesIn(page, 'projects', id)).find(({ name }) => name === 'solved.bin');
    const solved = await solvedFile();
    page = await reopened(person, page);
    await page.getByText(resume.solved).waitFor();
    await goOn(page);
    await page.getByText('All 12 photos have their place.').waitFor();
    expect(await saidSoFar(page)).not.toContain(text.progress.stages.features);
    expect(await solvedFile()).toEqual(solved);

    // Cameras damaged afterwards: they are placed again, and training goes on from what was kept.
    await moreStepsThan(page, 5);
    const step = await keptByPause(page);
    page = await reopened(person, page);
    await damage(page, id, 'solved.bin', 'flip');
    const damaged = await solvedFile();
    await button(page, resume.go).click();
    await announced(page, text.progress.states.running, slowMs);
    expect(await saidSoFar(page)).toContain(text.progress.stages.features);
    await moreStepsThan(page, step);
    expect(Math.min(...(await stepsSaid(page)))).toBeGreaterThanOrEqual(step);
    expect((await solvedFile())?.hash).not.toBe(damaged?.hash);
    expect(person.errors).toEqual([]);
  });

  test('while it trains and when it is done: the step, the options and the edits are there', { timeout: slowMs }, async () => {
    const person = await newPerson(browser);
    let page = await training(person, 150);
    const id = idIn(page);
    await moreStepsThan(page, 10);
    const step = await keptByPause(page);
    const { options } = (await records(page))[0];
    expect(await namesOf(page, id, /^checkpoint/)).toHaveLength(1);

    page = await reopened(person, page);
    await page.getByText(resume.training(step, 150)).waitFor();
    await goOn(page);
    await announced(page, text.progress.states.finished);
    const steps = await stepsSaid(page);
    expect(Math.min(...steps)).toBeGreaterThanOrEqual(step);
    expect(steps.at(-1)).toBe(150);
    expect((await records(page))[0].options).toEqual(options);
    await expect.poll(async () => (await records(page))[0].state, patient).toBe('trained');
    expect((await trainingIn(page))?.splats).toBeLessThanOrEqual(500);

    // Done: it opens in the viewer; what is edited there is there again.
    await page.close();
    page = await person.open(app.url);
    await button(page, text.projects.open('spheres')).click();
    await page.getByRole('tab', { name: text.edit.tabs.edit }).click({ timeout: patient.timeout });
    await button(page, text.edit.toolNames.background).click({ timeout: patient.timeout });
    await button(page, text.edit.background.names[2]).click();
    await page.getByRole('button', { name: text.edit.undo(text.edit.operations.background) }).waitFor();
    await expect.poll(() => storedRows(page, 'edits'), patient).toHaveLength(1);
    page = await reopened(person, page);
    await page.getByRole('tab', { name: text.edit.tabs.edit }).click({ timeout: patient.timeout });
    await page.getByRole('button', { name: text.edit.undo(text.edit.operations.background) }).waitFor();
    expect(person.errors).toEqual([]);
  });
});

describe('full storage', () => {
  test('before photos are taken in: nothing is taken, the figures are named, and the way to free space', async () => {
    const person = await newPerson(browser);
    const page = await person.open(app.url);
    await allowBytes(page, 1000);
    await page.setInputFiles(manyInput, photos);
    const alert = page.getByRole('alert');
    await alert.getByText(words['storage-full'].happened).waitFor();
    await alert.getByText(/\d+ MB are needed|could not be written/).waitFor();
    await button(page, actions.freeSpace).click();
    await page.getByRole('heading', { name: text.projects.storage.heading }).waitFor();
    await allowBytes(page, null);
    await page.getByRole('link', { name: new RegExp(text.title) }).click();
    await page.setInputFiles(manyInput, photos);
    await page.getByText(text.check.using(12, 12)).waitFor();
    expect((await records(page)).filter((project) => project.photos.length > 0)).toHaveLength(1);
  });
});

describe('one run, one fault after another', () => {
  test('full storage, a worker that breaks, and checkpoints that are damaged', { timeout: 2 * slowMs }, async () => {
    const person = await newPerson(browser);
    let page = await training(person, 50_000);
    const id = idIn(page);
    await moreStepsThan(page, 10);
    let step = await keptByPause(page);

    // Full storage: one remark, training goes on, and what was kept stays whole.
    const [kept] = (await filesIn(page, 'projects', id)).filter(({ name }) => /^checkpoint/.test(name));
    await allowBytes(page, 1);
    for (let i = 0; i < 2; i++) {
      const from = (await stepsSaid(page)).at(-1) ?? 0;
      await button(page, text.controls.resume).click();
      await moreStepsThan(page, from);
      await button(page, text.controls.pause).click();
      await announced(page, text.progress.states.paused);
      await expect.poll(() => remarks(page), patient).toEqual([expect.stringContaining(words['storage-full'].happened)]);
    }
    await page.waitForTimeout(1000);
    expect(await remarks(page)).toHaveLength(1);
    await page.getByText(text.journey.keptAt(step)).waitFor();
    expect(await filesIn(page, 'projects', id)).toContainEqual(kept);

    // The tab goes: the checkpoint from before is what is gone on from, and with room again the next one is kept.
    await allowBytes(page, null);
    page = await reopened(person, page);
    await page.getByText(resume.training(step, 50_000)).waitFor();
    await goOn(page);
    await moreStepsThan(page, step);
    const again = await keptByPause(page);
    expect(again).toBeGreaterThan(step);
    step = again;
    const both = await namesOf(page, id, /^checkpoint/);
    expect(both).toHaveLength(2);

    // An exception in the middle of training: it is said, its work ends, and "Try again" goes on from what was kept.
    await button(page, text.controls.resume).click();
    await moreStepsThan(page, step);
    await inTrainer(page, () => void Promise.reject(new Error('a bug on purpose')));
    const alert = page.getByRole('alert');
    await alert.getByText(text.problem.bug.heading).waitFor();
    await alert.getByText('a bug on purpose').waitFor();
    await expect.poll(() => trainers(page).length, patient).toBe(0);
    await page.evaluate(() => (globalThis.said = []));
    person.errors.length = 0;
    await button(page, actions.again).click();
    await announced(page, text.progress.states.running);
    await moreStepsThan(page, step + 10);
    expect(Math.min(...(await stepsSaid(page)))).toBeGreaterThanOrEqual(step);

    // Damaged checkpoints: the older one is taken up; without one training begins anew; either is said.
    const newer = await keptByPause(page);
    page = await reopened(person, page);
    await page.getByText(resume.training(newer, 50_000)).waitFor();
    await damage(page, id, await newestOf(page, id, both), 'flip');
    await goOn(page);
    await moreStepsThan(page, step);
    expect((await stepsSaid(page))[0]).toBe(step);
    expect(await remarks(page)).toEqual([expect.stringContaining('goes on from the one before')]);

    page = await reopened(person, page);
    await damage(page, id, both[0], { cutTo: 0.5 });
    await damage(page, id, both[1], { cutTo: 0 });
    await goOn(page);
    await moreStepsThan(page, 0);
    expect((await stepsSaid(page))[0]).toBe(0);
    expect(await remarks(page)).toEqual([expect.stringContaining('begins anew')]);

    // Emptied, as a machine that lost its power may leave them.
    page = await reopened(person, page);
    for (const name of await namesOf(page, id, /^checkpoint/)) await damage(page, id, name, { cutTo: 0 });
    await goOn(page);
    await moreStepsThan(page, 0);
    expect(await remarks(page)).toEqual([expect.stringContaining('begins anew')]);
    expect(person.errors).toEqual([]);
  });
});

describe('files of no use', () => {
  test('a text file named like a photo is named, and the others go on', async () => {
    const person = await newPerson(browser);
    const page = await person.open(app.url);
    const wrong = join(folder, 'notes.jpg');
    await writeFile(wrong, 'bread, milk');
    await page.setInputFiles(manyInput, [...photos.slice(0, 4), wrong]);
    await page.getByRole('heading', { name: text.check.unreadable(1) }).waitFor();
    const list = page.getByRole('list', { name: text.check.remarks });
    await list.getByText('notes.jpg').waitFor();
    await list.getByText(text.check.whyUnreadable.other).waitFor();
    await page.getByText(text.check.using(4, 5)).waitFor();
    expect(await button(page, text.check.start).isEnabled()).toBe(true);
    expect((await photosIn(page)).filter(({ keep }) => keep).map(({ name }) => name)).toEqual(
      photos.slice(0, 4).map((path) => basename(path)),
    );
  });

  test('an empty zip and a .ply without splats: why they are of no use, and nothing of them stays', async () => {
    const person = await newPerson(browser);
    const page = await person.open(app.url);
    const empty = Buffer.alloc(22);
    empty.writeUInt32LE(0x06054b50);
    const cloud = 'ply\nformat ascii 1.0\nelement vertex 1\nproperty float x\nproperty float y\nproperty float z\nend_header\n0 0 0\n';
    for (const [name, bytes] of [['empty.zip', empty] as const, ['cloud.ply', new TextEncoder().encode(cloud)] as const]) {
      await dropFile(page, name, bytes);
      const alert = page.getByRole('alert');
      await alert.getByText(words['too-few-photos'].happened).waitFor();
      await alert.getByText(/There is no photo and no video among the \d files/).waitFor();
      await button(page, actions.home).click();
      await page.getByRole('heading', { name: text.drop.heading }).waitFor();
      await expect.poll(() => records(page), patient).toEqual([]);
    }
    // Splats by their header, and cut short: the viewer says so.
    const header = await readFile(set.photos[0].path);
    const broken = `ply\nformat binary_little_endian 1.0\nelement vertex 900\nproperty float x\nproperty float y\nproperty float z\nproperty float opacity\nend_header\n`;
    await dropFile(page, 'broken.ply', Buffer.concat([Buffer.from(broken), header.subarray(0, 100)]));
    await page.getByText(text.view.nothing).waitFor();
  });
});

describe('two tabs', () => {
  test('one runs, the other waits and starts when it ends; a run whose project is deleted ends', { timeout: slowMs }, async () => {
    const person = await newPerson(browser);
    const first = await training(person, 50_000);
    const id = idIn(first);
    await moreStepsThan(first, 5);
    const second = await training(person, 50_000);
    await second.getByRole('heading', { name: busy.heading }).waitFor();
    await second.getByText(busy.otherTab).waitFor();
    await button(second, busy.wait).click();
    await second.getByText(busy.waiting).waitFor();
    await button(first, text.controls.stop).click();
    await announced(first, text.progress.states.stopped);
    await announced(second, text.progress.states.running);
    await moreStepsThan(second, 5);

    // Started again from the room of the photos: its own lock does not stand in its way.
    await second.goto(second.url().replace(/run$/, 'check'));
    await button(second, text.check.start).click();
    await announced(second, text.progress.states.running);
    expect(await second.getByRole('heading', { name: busy.heading }).count()).toBe(0);
    await moreStepsThan(second, 5);

    // Deleted elsewhere: the run ends with its project, and the GPU is free for the others.
    const deleted = idIn(second);
    await first.getByRole('link', { name: new RegExp(text.title) }).click();
    await first.getByRole('button', { name: text.projects.remove }).first().click();
    await first.getByRole('dialog').getByRole('button', { name: text.projects.remove }).click();
    await expect.poll(async () => (await records(first)).map((project) => project.id), patient).toEqual([id]);
    await second.getByText(text.journey.gone).waitFor();
    await expect.poll(() => trainers(second).length, patient).toBe(0);
    await button(second, text.journey.toHome).click();
    await button(second, text.projects.open('spheres')).click();
    await second.getByRole('heading', { name: 'spheres' }).waitFor();
    expect(await filesIn(first, 'projects', deleted)).toEqual([]);
    expect(person.errors).toEqual([]);
  });
});
