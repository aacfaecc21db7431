/** The preview as it stands on the screen, cut to the part that shows what a photo shows. Invariant: sRGB, 3 bytes a pixel, the photo's size. */
import type { Locator, Page } from 'playwright-core';
import sharp from 'sharp';

export interface Picture {
  widthPx: number;
  heightPx: number;
  /** [heightPx, widthPx, 3]. */
  rgb: Uint8Array;
}

/** A screenshot of the canvas, without what lies over it; the largest centred box of the photo's shape, scaled to the photo's size. */
export async function shownView(page: Page, { widthPx, heightPx }: Pick<Picture, 'widthPx' | 'heightPx'>): Promise<Uint8Array> {
  const png = await page.locator('canvas').screenshot({ style: 'figcaption { visibility: hidden }' });
  const { width, height } = await sharp(png).metadata();
  const fit = Math.min(width / widthPx, height / heightPx);
  const box = { width: Math.floor(widthPx * fit), height: Math.floor(heightPx * fit) };
  const cut = sharp(png).extract({ ...box, left: Math.round((width - box.width) / 2), top: Math.round((height - box.height) / 2) });
  const raw = await cut.resize(widthPx, heightPx, { fit: 'fill', kernel: 'linear' }).removeAlpha().raw().toBuffer();
  return new Uint8Array(raw);
}

/** The view once it has stopped changing; with `unlike`, once it has also become another picture. */
export async function settledView(page: Page, size: Pick<Picture, 'widthPx' | 'heightPx'>, unlike?: Uint8Array): Promise<Uint8Array> {
  const deadlineMs = Date.now() + 30_000;
  let before = await shownView(page, size);
  while (Date.now() < deadlineMs) {
    await page.waitForTimeout(700);
    const now = await shownView(page, size);
    if (psnrDb(before, now) > 60 && !(unlike && psnrDb(unlike, now) > 28)) return now;
    before = now;
  }
  throw new Error('The preview did not come to rest.');
}

/** 10 log10(255^2 / mean squared error) of two pictures of one size. */
export function psnrDb(a: Uint8Array, b: Uint8Array): number {
  const squares = a.reduce((sum, value, i) => sum + (value - b[i]) ** 2, 0);
  return 10 * Math.log10((255 * 255) / Math.max(squares / a.length, 1e-9));
}

/** What is seen of an element, without what is written over it, at a size. */
export async function seen(place: Locator, { widthPx, heightPx }: Pick<Picture, 'widthPx' | 'heightPx'>): Promise<Uint8Array> {
  const png = await place.screenshot({ style: '[role=slider], .label, figcaption { visibility: hidden }' });
  return new Uint8Array(await sharp(png).resize(widthPx, heightPx, { fit: 'fill', kernel: 'linear' }).removeAlpha().raw().toBuffer());
}

/** Share of an element's pixels whose colour differs clearly from that of its corner. */
export async function paintedShare(place: Locator): Promise<number> {
  const size = { widthPx: 90, heightPx: 60 };
  const rgb = await seen(place, size);
  let painted = 0;
  for (let i = 0; i < rgb.length; i += 3) painted += Math.hypot(rgb[i] - rgb[0], rgb[i + 1] - rgb[1], rgb[i + 2] - rgb[2]) > 60 ? 1 : 0;
  return painted / (size.widthPx * size.heightPx);
}
