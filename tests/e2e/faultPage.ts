/**
 * Faults brought about on purpose, and what is left afterwards: tabs closed, files damaged, room taken away, workers that are slow.
 * Invariant: a fault comes from outside the app (the browser, its storage, a worker's script); what is kept is read from storage itself.
 */
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { expect, onTestFinished } from 'vitest';
import type { Project } from '../../src/core/project/project.ts';
import { storedRows, workerScript } from './appPage.ts';
import { openContext } from './builtApp.ts';

/** A person's browser: what is kept lives as long as it does, over all its tabs. */
export interface Person {
  context: BrowserContext;
  /** Opens a tab. */
  open(address: string): Promise<Page>;
  /** What the tabs wrote to their consoles as errors. */
  errors: string[];
}

declare global {
  /** Everything a live region has said, in order, and every text of the progress line. */
  var said: string[];
}

/** Notes what is said, however briefly it is on the screen. */
const listening = (): void => {
  globalThis.said = [];
  new MutationObserver(() => {
    for (const place of document.querySelectorAll('[data-testid=announcement], .units')) {
      const words = place.textContent;
      if (words && globalThis.said.at(-1) !== words) globalThis.said.push(words);
    }
  }).observe(document, { subtree: true, childList: true, characterData: true });
};

export async function newPerson(browser: Browser): Promise<Person> {
  const context = await openContext(browser, { viewport: { width: 640, height: 700 } });
  const errors: string[] = [];
  await context.addInitScript(listening);
  onTestFinished(() => context.close());
  return {
    context,
    errors,
    async open(address) {
      const page = await context.newPage();
      page.on('console', (message) => message.type() === 'error' && errors.push(message.text()));
      page.on('pageerror', (error) => errors.push(error.message));
      await page.goto(address);
      await page.locator('main').waitFor();
      return page;
    },
  };
}

/** Closes the tab as a person does and opens the same address in another. */
export async function reopened(person: Person, page: Page): Promise<Page> {
  const address = page.url();
  await page.close();
  return person.open(address);
}

export const saidSoFar = (page: Page): Promise<string[]> => page.evaluate(() => globalThis.said);

/** The steps the progress line has named so far, in order. */
export const stepsSaid = async (page: Page): Promise<number[]> =>
  (await saidSoFar(page)).flatMap((words) => {
    const step = /^step ([\d,]+)\//.exec(words)?.[1];
    return step ? [Number(step.replaceAll(',', ''))] : [];
  });

/** Puts code at the end of the script of the worker of that name: it runs before the worker hears its first message. */
export async function alterWorker(context: BrowserContext, name: string, code: string): Promise<void> {
  await context.route(workerScript(name), async (route) => {
    const script = await route.fetch();
    await route.fulfill({ response: script, body: `${await script.text()}\nif (!('document' in globalThis)) {${code}}` });
  });
}

/** The records as they lie in the database, newest first. */
export const records = async (page: Page): Promise<Project[]> =>
  (await storedRows<Project>(page, 'projects')).sort((a, b) => b.updatedMs - a.updatedMs);

export interface KeptFile {
  name: string;
  sizeBytes: number;
  modifiedMs: number;
  /** SHA-256, hexadecimal. */
  hash: string;
}

/** What lies in a folder of the private file system, by name; empty where there is no such folder. */
export const filesIn = (page: Page, ...path: string[]): Promise<KeptFile[]> =>
  page.evaluate(async (folders) => {
    let folder = await navigator.storage.getDirectory();
    for (const name of folders) {
      const next = await folder.getDirectoryHandle(name).catch(() => null);
      if (!next) return [];
      folder = next;
    }
    const found: KeptFile[] = [];
    for await (const handle of (folder as unknown as { values(): AsyncIterable<FileSystemHandle> }).values()) {
      if (handle.kind !== 'file') continue;
      const file = await (handle as FileSystemFileHandle).getFile();
      const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', await file.arrayBuffer()));
      const hash = [...digest].map((byte) => byte.toString(16).padStart(2, '0')).join('');
      found.push({ name: handle.name, sizeBytes: file.size, modifiedMs: file.lastModified, hash });
    }
    return found.sort((a, b) => a.name.localeCompare(b.name));
  }, path);

/** The names of a project's files that match. */
export const namesOf = async (page: Page, id: string, like: RegExp): Promise<string[]> =>
  (await filesIn(page, 'projects', id)).map(({ name }) => name).filter((name) => like.test(name));

/** Alters a project's file: a byte in its middle is turned over, or it is cut to a share of its length. */
export const damage = (page: Page, id: string, name: string, how: 'flip' | { cutTo: number }): Promise<void> =>
  page.evaluate(
    async ([projectId, fileName, way]) => {
      const projects = await (await navigator.storage.getDirectory()).getDirectoryHandle('projects');
      const handle = await (await projects.getDirectoryHandle(projectId)).getFileHandle(fileName);
      const file = await handle.getFile();
      const writer = await handle.createWritable({ keepExistingData: true });
      const middle = file.size >> 1;
      if (way === 'flip') {
        const [byte] = new Uint8Array(await file.slice(middle, middle + 1).arrayBuffer());
        await writer.write({ type: 'write', position: middle, data: Uint8Array.of(byte ^ 255) });
      } else await writer.truncate(Math.floor(file.size * way.cutTo));
      await writer.close();
    },
    [id, name, how] as const,
  );

/** The name of the newer of two files written in turns: their seal names the turn. */
export const newestOf = (page: Page, id: string, names: string[]): Promise<string> =>
  page.evaluate(
    async ([projectId, all]) => {
      const projects = await (await navigator.storage.getDirectory()).getDirectoryHandle('projects');
      const folder = await projects.getDirectoryHandle(projectId);
      const turns = await Promise.all(
        all.map(async (name) => {
          const head = await (await (await folder.getFileHandle(name)).getFile()).slice(4, 8).arrayBuffer();
          return { name, turn: new DataView(head).getUint32(0) };
        }),
      );
      return turns.sort((a, b) => b.turn - a.turn)[0].name;
    },
    [id, names] as const,
  );

/**
 * Lets this site keep so many bytes in all; null gives it the room it had. What Chromium says it uses lags behind files that are open, so a
 * room left beyond it would be of any size.
 */
export async function allowBytes(page: Page, quotaBytes: number | null): Promise<void> {
  const session = await page.context().newCDPSession(page);
  const { origin } = new URL(page.url());
  await session.send('Storage.overrideQuotaForOrigin', quotaBytes === null ? { origin } : { origin, quotaSize: quotaBytes });
}

/** The id of the project the address names. */
export function idIn(page: Page): string {
  const id = /#\/p\/([\w-]+)/.exec(page.url())?.[1];
  expect(id, page.url()).toBeDefined();
  return id ?? '';
}
