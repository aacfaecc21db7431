/**
 * Driving the page in a test: what a person does and sees, and the loss of the GPU, which only a test brings about.
 * Invariant: everything goes through the page as it is; nothing of the app is replaced.
 */
import { readFile } from 'node:fs/promises';
import type { Locator, Page, Worker } from 'playwright-core';
import { expect } from 'vitest';

export const folderInput = 'input[webkitdirectory]';
export const looseInput = 'input[type=file]:not([webkitdirectory])';

export const button = (page: Page, name: string): Locator => page.getByRole('button', { name, exact: true });

/** What the progress line says, e.g. "step 20/150"; empty before there is one. */
export const units = async (page: Page): Promise<string> => (await page.locator('.units').allTextContents()).join('');

/** One of the figures beside the preview, by its name. */
export const figure = (page: Page, name: string): Promise<string> => page.locator('dl > div', { hasText: name }).locator('dd').innerText();

/** Waits until the live region says a stage or state. */
export async function announced(page: Page, words: string, timeoutMs = 90_000): Promise<void> {
  await expect.poll(() => page.getByTestId('announcement').textContent(), { timeout: timeoutMs, interval: 200 }).toBe(words);
}

/** Opens the options, fills in the numbers by their labels and starts. */
export async function startTraining(page: Page, numbers: Record<string, number>): Promise<void> {
  await page.getByText('More options').click();
  for (const [label, value] of Object.entries(numbers)) await page.getByLabel(label, { exact: true }).fill(String(value));
  await button(page, 'Start').click();
}

/** Saves in the format whose name begins with `format` and gives back the downloaded file. */
export async function saved(page: Page, format: string): Promise<{ name: string; bytes: Uint8Array }> {
  const choice = await page
    .locator('main select option')
    .filter({ hasText: new RegExp(`^\\${format} `) })
    .getAttribute('value');
  await page.locator('main select').selectOption(choice);
  const [download] = await Promise.all([page.waitForEvent('download'), button(page, 'Save').click()]);
  return { name: download.suggestedFilename(), bytes: await readFile(await download.path()) };
}

/** Drops one file on the middle of the page, as a person lets go of it there. */
export async function dropFile(page: Page, name: string, bytes: Uint8Array): Promise<void> {
  // Before the app is there, nobody listens.
  await page.locator('main').waitFor();
  const data = await page.evaluateHandle(
    ([fileName, base64]) => {
      const transfer = new DataTransfer();
      const content = Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
      transfer.items.add(new File([content], fileName));
      return transfer;
    },
    [name, Buffer.from(bytes).toString('base64')] as const,
  );
  for (const type of ['dragenter', 'dragover', 'drop']) await page.dispatchEvent('body', type, { dataTransfer: data });
}

declare global {
  var heldDevice: GPUDevice;
}

/** Addresses under which the script of a worker is published; a part of the page may have the same name. */
export const workerScript = (name: string): RegExp => new RegExp(`/assets/${name}-[\\w-]+\\.js$`);

/** The training workers that are there. */
export const trainers = (page: Page): Worker[] => page.workers().filter((worker) => workerScript('train').test(worker.url()));

/** The bright pixels of the sketch: points and cameras on a dark ground. */
export const litPixels = (page: Page): Promise<number> =>
  page.evaluate(() => {
    const canvas = document.querySelector<HTMLCanvasElement>('canvas[aria-label^="Cameras and points"]');
    const context = canvas?.getContext('2d');
    if (!canvas || !context) return 0;
    const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
    let lit = 0;
    for (let i = 0; i < data.length; i += 4) if (data[i + 1] > 60) lit++;
    return lit;
  });

/** Put at the end of the training worker's script: it runs before the worker hears its first command. */
const holding = `;
const request = GPUAdapter.prototype.requestDevice;
GPUAdapter.prototype.requestDevice = async function (descriptor) {
  return (globalThis.heldDevice = await request.call(this, descriptor));
};`;

/** Keeps hold of the device that the training worker will open, so that it can be taken away later. Call it before Start. */
export async function holdDevice(page: Page): Promise<void> {
  await page.route(workerScript('train'), async (route) => {
    const script = await route.fetch();
    await route.fulfill({ response: script, body: (await script.text()) + holding });
  });
}

export const loseDevice = (page: Page): Promise<void> | undefined => trainers(page)[0]?.evaluate(() => globalThis.heldDevice.destroy());

/** Runs in the training worker. */
export const inTrainer = (page: Page, run: () => void): Promise<void> | undefined => trainers(page)[0]?.evaluate(run);

/** The rows of a table of the app's database, as they are kept at this moment. */
export const storedRows = <T>(page: Page, table: 'projects' | 'edits'): Promise<T[]> =>
  page.evaluate(
    (name) =>
      new Promise<T[]>((resolve, reject) => {
        const opening = indexedDB.open('splat-app');
        opening.onerror = () => reject(opening.error!);
        opening.onsuccess = () => {
          const asking = opening.result.transaction(name).objectStore(name).getAll();
          asking.onerror = () => reject(asking.error!);
          asking.onsuccess = () => {
            opening.result.close();
            resolve(asking.result as T[]);
          };
        };
      }),
    table,
  );
