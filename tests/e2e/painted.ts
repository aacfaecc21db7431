/** How much of a place on the screen is painted. Invariant: measured on the screenshot's pixels. */
import type { Locator } from 'playwright-core';
import sharp from 'sharp';

/** Share of an element's pixels that differ clearly from its corner; `style` hides what lies over it. */
export async function paintedShare(place: Locator, style?: string): Promise<number> {
  const png = await place.screenshot(style === undefined ? {} : { style });
  const rgb = await sharp(png).resize(90, 60, { fit: 'fill' }).removeAlpha().raw().toBuffer();
  let painted = 0;
  for (let i = 0; i < rgb.length; i += 3) painted += Math.hypot(rgb[i] - rgb[0], rgb[i + 1] - rgb[1], rgb[i + 2] - rgb[2]) > 60 ? 1 : 0;
  return painted / (90 * 60);
}
