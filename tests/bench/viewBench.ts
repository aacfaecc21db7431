/**
 * View bench: this viewer, Spark and PlayCanvas's viewer in one Chromium, on the same file and camera path at 1280 x 720. Milliseconds by
 * stage, image error against the trainer's rasterizer, code bytes to the first picture. `--quick` does one size and few poses, `--full`
 * adds two million splats, `--only a,b` leaves viewers out.
 * Invariant: one viewer at a time on the machine, each in a page of its own; what a viewer does not tell is n/a.
 */
import { appendFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import sharp from 'sharp';
import type { Gpu } from '../../src/core/gpu/device.ts';
import { psnrDb } from '../../src/core/image/metrics.ts';
import type { PinholeView } from '../../src/core/scene/camera.ts';
import type { Pixels } from '../../src/core/scene/dataset.ts';
import { launchBenchBrowser } from './view/benchBrowser.ts';
import { bundlePage } from './view/bundle.ts';
import { childrenCpuMs } from './view/cpuTime.ts';
import { competitorVersions, installCompetitors } from './view/install.ts';
import { referencePictures } from './view/reference.ts';
import { type BenchServer, serveFolders } from './view/serve.ts';
import { benchHeightPx, benchShDegree, benchWidthPx, cameraPath, glidePath, sceneFile, viewSplats } from './view/viewScene.ts';
import { type ViewRow, printRows, rowOf } from './view/viewTable.ts';

export interface ViewBenchOptions {
  label: string;
  quick: boolean;
  full: boolean;
  only: string[];
}

const allViewers = ['ours', 'spark', 'playcanvas'];
const root = fileURLToPath(new URL('../..', import.meta.url));
const cache = join(root, '.cache/bench');
const folders = {
  competitors: join(cache, 'viewers'),
  pages: join(cache, 'pages'),
  scenes: join(cache, 'scenes'),
  pictures: join(cache, 'pictures'),
};

interface Case {
  viewer: string;
  count: number;
  scene: string;
  path: PinholeView[];
  glide: PinholeView[];
  compared: PinholeView[];
  references: Pixels[];
}

async function openPage(browser: Browser, url: string): Promise<Page> {
  const page = await browser.newPage({ viewport: { width: benchWidthPx, height: benchHeightPx } });
  page.setDefaultTimeout(600_000);
  page.on('pageerror', (error) => process.stderr.write(`${url}: ${error.message}\n`));
  page.on('console', (message) => {
    if (message.type() === 'error' || process.env['BENCH_CONSOLE']) process.stderr.write(`${url}: ${message.text()}\n`);
  });
  await page.goto(url);
  await page.waitForFunction(() => 'bench' in window, null, { timeout: 30_000 });
  return page;
}

async function imageErrors(page: Page, one: Case, matched: boolean): Promise<number[]> {
  const errors: number[] = [];
  for (const [i, view] of one.compared.entries()) {
    const bytes = await page.evaluate(([v, m]) => window.bench.picture(v, m), [view, matched] as const);
    const picture = { widthPx: benchWidthPx, heightPx: benchHeightPx, rgba: new Uint8Array(Buffer.from(bytes, 'base64')) };
    errors.push(psnrDb(picture, one.references[i]));
    await savePicture(`${one.viewer}-${one.count}-${i}${matched ? '-matched' : ''}`, picture);
  }
  return errors;
}

/** For the eye: an error in a camera's convention shows at once. */
async function savePicture(name: string, { widthPx: width, heightPx: height, rgba }: Pixels): Promise<void> {
  mkdirSync(folders.pictures, { recursive: true });
  const image = sharp(rgba, { raw: { width, height, channels: 4 } }).removeAlpha();
  await image.png({ compressionLevel: 3 }).toFile(join(folders.pictures, `${name}.png`));
}

async function measure(browser: Browser, server: BenchServer, one: Case): Promise<ViewRow> {
  server.takeCode();
  const page = await openPage(browser, `${server.url}${one.viewer}/`);
  const { path, glide } = one;
  try {
    const load = ([url, view]: readonly [string, PinholeView]): Promise<number> => window.bench.load(url, view);
    const firstPictureMs = await page.evaluate(load, [`/${one.scene}`, path[0]] as const);
    const code = server.takeCode();
    await page.evaluate((view) => window.bench.ready(view), path[path.length - 1]);
    const cpuBefore = childrenCpuMs();
    const times = await page.evaluate((views) => window.bench.path(views), path);
    const cpuAfter = childrenCpuMs();
    const cpuMs = cpuBefore === null || cpuAfter === null ? null : (cpuAfter - cpuBefore) / path.length;
    const moveMs = await page.evaluate((views) => window.bench.glide(views), glide);
    const gpuStages = await page.evaluate((views) => window.bench.gpuStages(views), path.slice(0, 2));
    const gpuBytes = await page.evaluate(() => window.bench.gpuBytes());
    const psnr = await imageErrors(page, one, false);
    // The reference's rules are this viewer's own: there is nothing to set.
    const matchedPsnr = one.viewer === 'ours' ? psnr : await imageErrors(page, one, true);
    return rowOf({ ...one, firstPictureMs, code, times, cpuMs, moveMs, gpuStages, gpuBytes, psnr, matchedPsnr });
  } finally {
    await page.close();
  }
}

async function device(browser: Browser, server: BenchServer, viewer: string): Promise<string> {
  const page = await openPage(browser, `${server.url}${viewer}/`);
  const name = await page.evaluate(() => window.bench.device());
  await page.close();
  return name;
}

/** Runs every viewer on every size, prints the table and appends it to results.jsonl under the label. */
export async function benchViewers(gpu: Gpu, options: ViewBenchOptions): Promise<void> {
  const viewers = allViewers.filter((name) => options.only.length === 0 || options.only.includes(name));
  const counts = options.quick ? [100_000] : options.full ? [100_000, 500_000, 2_000_000] : [100_000, 500_000];
  const path = cameraPath(options.quick ? 3 : 8);
  const compared = options.quick ? [path[0]] : [path[0], path[3]];
  installCompetitors(folders.competitors);
  for (const viewer of viewers) await bundlePage(viewer, folders.competitors, folders.pages);
  const server = await serveFolders([folders.pages, folders.scenes]);
  const rows: ViewRow[] = [];
  let deviceName = '';
  try {
    for (const count of counts) {
      const splats = viewSplats(count);
      const scene = sceneFile(folders.scenes, count, () => splats);
      const references = await referencePictures(gpu, splats, compared);
      for (const [i, picture] of references.entries()) await savePicture(`reference-${count}-${i}`, picture);
      for (const viewer of viewers) {
        const browser = await launchBenchBrowser();
        try {
          deviceName ||= `Chromium ${browser.version()}; ${await device(browser, server, viewer)}`;
          rows.push(await measure(browser, server, { viewer, count, scene, path, glide: glidePath(path.length), compared, references }));
        } finally {
          await browser.close();
        }
      }
    }
  } finally {
    await server.close();
  }
  process.stdout.write(`${deviceName}\n${benchWidthPx} x ${benchHeightPx}, SH degree ${benchShDegree}, ${path.length} poses, medians.\n`);
  printRows(rows);
  const settings = { widthPx: benchWidthPx, heightPx: benchHeightPx, shDegree: benchShDegree, poses: path.length, format: 'ply' };
  const head = { bench: 'view', label: options.label, date: new Date().toISOString(), device: deviceName, reference: gpu.adapterName };
  const line = JSON.stringify({ ...head, versions: competitorVersions, settings, rows });
  appendFileSync(fileURLToPath(new URL('results.jsonl', import.meta.url)), `${line}\n`);
}
