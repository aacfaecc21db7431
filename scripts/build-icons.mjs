/**
 * `node scripts/build-icons.mjs`: the icons of the installed app, from public/favicon.svg. Their files are kept in the repository.
 * Invariant: a maskable icon is opaque to its edges and has the picture within the middle four fifths, which no mask cuts.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const svg = readFileSync(join(root, 'public/favicon.svg'), 'utf8');
const box = /<rect [^>]*rx="\d+" fill="(#[0-9a-f]{6})"\/>/.exec(svg);
if (!box) throw new Error('public/favicon.svg has no rounded square to take the colour of.');
const [square, colour] = box;

/** The square filled to the corners. The drawing reaches 12 of 16 units from the middle; masks keep the circle of 12.8. */
const filled = svg.replace(square, `<rect width="32" height="32" fill="${colour}"/>`);

/**
 * @param {string} name
 * @param {string} source
 * @param {number} sizePx
 * @param {boolean} opaque
 */
async function draw(name, source, sizePx, opaque) {
  // 72 dots per inch are the SVG's own 32 px; the drawing is made at the icon's size, not enlarged afterwards.
  const picture = sharp(Buffer.from(source), { density: (72 * sizePx) / 32 }).resize(sizePx, sizePx);
  const png = await (opaque ? picture.flatten({ background: colour }) : picture).png({ compressionLevel: 9 }).toBuffer();
  writeFileSync(join(root, 'public/icons', name), png);
}

mkdirSync(join(root, 'public/icons'), { recursive: true });
for (const sizePx of [192, 512]) {
  await draw(`any-${sizePx}.png`, svg, sizePx, false);
  await draw(`maskable-${sizePx}.png`, filled, sizePx, true);
}
// iOS rounds the corners itself and shows transparent ones black.
await draw('apple-touch-icon.png', filled, 180, true);
