/**
 * What the sample scene's surfaces look like: terrazzo, painted tile, veined stone, flecked enamel, glazed clay, boards and a painted wall.
 * Invariant: a colour depends on the place alone; fine detail is everywhere and repeats nowhere, so that photos can be matched.
 */
import { chip, noise, valueOf } from './noise.ts';
import { type Surface, boxX, boxY, vase } from './shapes.ts';

type Colour = readonly [number, number, number];

/** Where the colour goes: red, green, blue, 0..1. */
type Out = Float64Array;

function set(out: Out, colour: Colour, brightness = 1): void {
  out[0] = colour[0] * brightness;
  out[1] = colour[1] * brightness;
  out[2] = colour[2] * brightness;
}

function setMixed(out: Out, a: Colour, b: Colour, share: number): void {
  for (let c = 0; c < 3; c++) out[c] = a[c] + share * (b[c] - a[c]);
}

function tint(out: Out, colour: Colour, share: number): void {
  for (let c = 0; c < 3; c++) out[c] += share * (colour[c] - out[c]);
}

/** 0 below `low`, 1 above `high`, straight between. */
const ramp = (low: number, high: number, value: number): number => Math.min(1, Math.max(0, (value - low) / (high - low)));

const chipColours: Colour[] = [
  [0.78, 0.33, 0.24],
  [0.2, 0.36, 0.47],
  [0.93, 0.71, 0.33],
  [0.36, 0.5, 0.38],
  [0.35, 0.29, 0.3],
  [0.97, 0.95, 0.9],
  [0.68, 0.5, 0.45],
  [0.55, 0.67, 0.7],
];

/** Chips of three sizes in a pale ground. */
function terrazzo(x: number, y: number, out: Out): void {
  const large = chip(3.1 * x + 0.3, 3.1 * y + 0.7, 0.5, 0.62);
  const middle = large >= 0 ? large : chip(7.3 * x + 9.2, 7.3 * y + 4.1, 11.5, 0.6);
  const small = middle >= 0 ? middle : chip(17 * x + 2.7, 17 * y + 8.3, 23.5, 0.5);
  const grain = noise(23 * x, 23 * y, 3.5);
  if (small < 0) set(out, [0.87, 0.83, 0.76], 0.9 + 0.14 * grain);
  else set(out, chipColours[small & 7], 0.82 + 0.22 * valueOf(small, 137) + 0.12 * (grain - 0.5));
}

/** White tile with brushed blue lines along the contours of a hilly noise. */
function paintedTile(x: number, y: number, z: number, out: Out): void {
  const u = boxX(x, y);
  const v = boxY(x, y);
  const hills = 3.2 * noise(2.6 * u + 5, 2.6 * v + 3, 2.6 * z + 1) + 0.7 * noise(7 * u, 7 * v, 7 * z);
  const contour = Math.abs(2 * (2.2 * hills - Math.floor(2.2 * hills)) - 1);
  const brush = noise(19 * u, 19 * v, 19 * z);
  setMixed(out, [0.1, 0.22, 0.52], [0.93, 0.94, 0.92], ramp(0.3, 0.46, contour + 0.35 * (brush - 0.5)));
  const dot = chip(6.1 * u + 40, 6.1 * v + 40, 6.1 * z + 40, 0.4);
  if (dot >= 0) tint(out, dot & 1 ? [0.89, 0.42, 0.25] : [0.16, 0.44, 0.66], 0.85);
}

/** Orange stone with dark and pale veins. */
function veinedStone(x: number, y: number, z: number, out: Out): void {
  const warp = 1.6 * noise(3 * x + 7, 3 * y, 3 * z);
  const body = noise(4.5 * x + warp, 4.5 * y + 2 + warp, 4.5 * z - warp);
  const fine = noise(13 * x + 3 * warp, 13 * y - 2 * warp, 13 * z);
  setMixed(out, [0.72, 0.24, 0.12], [0.98, 0.72, 0.36], ramp(0.2, 0.8, 0.7 * body + 0.3 * fine));
  tint(out, [0.27, 0.08, 0.08], ramp(0.1, 0.03, Math.abs(body - 0.5)) * 0.9);
  tint(out, [1, 0.93, 0.8], ramp(0.07, 0.03, Math.abs(fine - 0.55)) * 0.75);
}

/** Dark green enamel with flecks. */
function fleckedEnamel(x: number, y: number, z: number, out: Out): void {
  setMixed(out, [0.05, 0.27, 0.28], [0.17, 0.53, 0.48], noise(5 * x, 5 * y, 5 * z));
  const coarse = chip(9.5 * x + 3, 9.5 * y + 3, 9.5 * z + 3, 0.5);
  const fine = coarse >= 0 ? coarse : chip(21 * x + 60, 21 * y + 60, 21 * z + 60, 0.45);
  if (fine >= 0) tint(out, fine % 3 === 0 ? [0.96, 0.86, 0.6] : fine % 3 === 1 ? [0.55, 0.82, 0.75] : [0.02, 0.12, 0.16], 0.85);
}

const plum: Colour = [0.42, 0.19, 0.38];

/** Pale clay below, a plum glaze that runs down from the lip, and specks. */
function glazedClay(x: number, y: number, z: number, out: Out): void {
  const u = x - vase.x;
  const v = y - vase.y;
  const runs = 0.62 + 0.5 * noise(4.2 * u + 11, 4.2 * v + 3, 0.5) - 0.22 * noise(11 * u, 11 * v, 2.5);
  const cloud = noise(6 * u, 6 * v, 3 * z);
  const glaze = ramp(-0.015, 0.015, z - runs);
  setMixed(out, [0.85, 0.74, 0.6], [0.95, 0.88, 0.76], cloud);
  const groove = Math.abs(9 * z + 0.7 * noise(5 * u, 5 * v, 5 * z) - Math.round(9 * z));
  if (glaze < 1) tint(out, [0.55, 0.36, 0.26], 0.55 * ramp(0.2, 0.1, groove));
  for (let c = 0; c < 3; c++) out[c] += glaze * (plum[c] + 0.25 * (cloud - 0.4) - out[c]);
  const speck = chip(13 * x + 80, 13 * y + 80, 13 * z + 80, 0.55);
  if (speck >= 0) tint(out, z > runs ? (speck & 1 ? [0.93, 0.62, 0.72] : [0.97, 0.9, 0.8]) : [0.32, 0.2, 0.16], 0.8);
  if (z > vase.height - 1e-3) set(out, [0.2, 0.1, 0.18], 0.7 + 0.8 * noise(14 * u, 14 * v, 5.5));
}

const boardWidth = 0.42;

/** Boards of differing length and tone, shaded under the table. */
function boards(x: number, y: number, out: Out): void {
  const row = Math.floor(y / boardWidth);
  const length = 2.4;
  const along = x + 2.1 * valueOf(row & 255, 41);
  const board = Math.floor(along / length);
  const tone = valueOf((row * 37 + board * 101) & 255, 3);
  const grain = noise(1.6 * x + 31 * tone, 14 * y, 9 * tone) * 0.6 + noise(5 * x, 31 * y, 3) * 0.4;
  setMixed(out, [0.34, 0.22, 0.14], [0.68, 0.5, 0.34], 0.25 * tone + 0.75 * grain);
  const joint = Math.min(y / boardWidth - row, (along / length - board) * 6);
  const shade = 0.5 + 0.5 * ramp(1.2, 3.6, Math.sqrt(x * x + y * y));
  const dark = (joint < 0.05 ? 0.45 : 1) * shade;
  for (let c = 0; c < 3; c++) out[c] *= dark;
}

const wallLayers: { height: number; colour: Colour }[] = [
  { height: 2.4, colour: [0.62, 0.72, 0.72] },
  { height: 1.5, colour: [0.47, 0.6, 0.55] },
  { height: 0.6, colour: [0.76, 0.6, 0.42] },
  { height: -0.4, colour: [0.42, 0.42, 0.36] },
];

/** Ridges rise and fall by at most this much. */
const ridgeReach = 0.83;

/** The front-most layer of hills that covers a place; -1 in the sky. */
function nearestHill(x: number, y: number, z: number): number {
  for (let i = wallLayers.length - 1; i >= 0; i--) {
    const { height } = wallLayers[i];
    if (z < height - ridgeReach) return i;
    if (z > height + ridgeReach) continue;
    const ridge = 1.3 * (noise(0.55 * x + 20 * i, 0.55 * y, i) - 0.5) + 0.35 * (noise(2 * x, 2 * y, 9 * i) - 0.5);
    if (z < height + ridge) return i;
  }
  return -1;
}

/** A wall painted with layered hills under a pale sky, in broad strokes. */
function paintedWall(x: number, y: number, z: number, out: Out): void {
  const stroke = noise(2.4 * x, 2.4 * y, 5 * z);
  setMixed(out, [0.95, 0.86, 0.72], [0.72, 0.83, 0.86], ramp(1.2, 3.8, z + 0.8 * (stroke - 0.5)));
  const layer = nearestHill(x, y, z);
  if (layer >= 0) set(out, wallLayers[layer].colour, 0.88 + 0.28 * stroke);
  const leaf = chip(1.5 * x + 50, 1.5 * y + 50, 1.5 * z + 50, 0.42);
  if (leaf >= 0) tint(out, chipColours[leaf & 7], 0.5);
}

/** Colour of a surface at a place before light falls on it, into `out`. */
export function paint(surface: Surface, x: number, y: number, z: number, out: Out): void {
  if (surface === 'table') return terrazzo(x, y, out);
  if (surface === 'wall') return paintedWall(x, y, z, out);
  if (surface === 'floor') return boards(x, y, out);
  if (surface === 'box') return paintedTile(x, y, z, out);
  if (surface === 'ball') return veinedStone(x, y, z, out);
  if (surface === 'ring') return fleckedEnamel(x, y, z, out);
  if (surface === 'vase') return glazedClay(x, y, z, out);
  if (surface === 'rim') return setMixed(out, [0.3, 0.18, 0.11], [0.6, 0.4, 0.25], noise(3 * x, 3 * y, 40 * z));
  setMixed(out, [0.86, 0.88, 0.86], [0.98, 0.97, 0.93], noise(1.3 * x, 1.3 * y, 1));
}
