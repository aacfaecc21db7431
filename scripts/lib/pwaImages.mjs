/**
 * The pictures a manifest names: whether they are what it says.
 * Invariant: sizes are read from the files themselves.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';

/**
 * @param {string} dist
 * @param {{ src: string, sizes: string }} picture
 * @returns {Promise<string | null>} what is wrong with it
 */
export async function pictureFault(dist, { src, sizes }) {
  const file = join(dist, src);
  if (!existsSync(file)) return `${src} is not there`;
  if (sizes === 'any') return src.endsWith('.svg') ? null : `${src} has no fixed size but is no SVG`;
  const { width, height } = await sharp(file).metadata();
  return `${width}x${height}` === sizes ? null : `${src} has ${width}x${height}, not ${sizes}`;
}

/**
 * A mask may cut everything outside a circle of two fifths of the width: what is inside must be opaque.
 * @param {string} file
 */
export async function isSafeZoneOpaque(file) {
  const { data, info } = await sharp(file).ensureAlpha().raw().toBuffer({ resolveWithObject: true });
  const middle = (info.width - 1) / 2;
  for (let y = 0; y < info.height; y++)
    for (let x = 0; x < info.width; x++)
      if (Math.hypot(x - middle, y - middle) <= 0.4 * info.width && data[(y * info.width + x) * 4 + 3] !== 255) return false;
  return true;
}
