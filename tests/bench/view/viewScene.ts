/**
 * The viewer bench's scene and camera path: a lumpy body on a ground under a dome, as trained scenes are made up. Discs that lie in their
 * surface, sized so that neighbours overlap; opacities from faint to solid; colours that change with the view a little.
 * Invariant: seeded; the same count gives the same file on every machine. File space: y down, as trainers write it.
 */
import { existsSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { writePly } from '../../../src/core/formats/ply.ts';
import { type Random, createRandom } from '../../../src/core/math/random.ts';
import { type Vector3, quaternionOfMatrix } from '../../../src/core/math/rotation.ts';
import type { PinholeView } from '../../../src/core/scene/camera.ts';
import { type Splats, emptySplats, shBasisCount } from '../../../src/core/scene/splats.ts';

export const benchShDegree = 2;
export const benchWidthPx = 1280;
export const benchHeightPx = 720;
export const benchNear = 0.05;

/** Counts up with every change of the scene: files made before are made anew. */
const sceneVersion = 1;

/** A part of the scene: its share of the splats, its area, and a point of its surface with the normal there. */
interface Part {
  share: number;
  area: number;
  at(random: Random): { point: Vector3; normal: Vector3; colour: Vector3 };
}

const dot = (a: Vector3, b: Vector3): number => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
const scale = (v: Vector3, s: number): Vector3 => [v[0] * s, v[1] * s, v[2] * s];
const unit = (v: Vector3): Vector3 => scale(v, 1 / Math.hypot(...v));
const cross = (a: Vector3, b: Vector3): Vector3 => [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];

/** Standard normal (Box and Muller). */
const normalNumber = (random: Random): number => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());

function direction(random: Random): Vector3 {
  const y = 2 * random() - 1;
  const angle = 2 * Math.PI * random();
  const r = Math.sqrt(1 - y * y);
  return [r * Math.cos(angle), y, r * Math.sin(angle)];
}

const wave = (x: number): number => 0.5 + 0.5 * Math.sin(x);

const body: Part = {
  share: 0.55,
  area: 9,
  at(random) {
    const d = direction(random);
    const radius = 0.8 + 0.12 * Math.sin(5 * d[0] + 2) * Math.sin(4 * d[1]) + 0.05 * Math.sin(17 * d[2]);
    const [x, y, z] = scale(d, radius);
    const stripe = Math.sin(22 * y + 6 * x) > 0 ? 1 : 0.35;
    return { point: [x, y, z], normal: d, colour: [0.9 * stripe, 0.25 + 0.5 * wave(7 * x), 0.2 + 0.6 * wave(9 * z)] };
  },
};

const ground: Part = {
  share: 0.3,
  area: 60,
  at(random) {
    const [r, angle] = [4.4 * Math.sqrt(random()), 2 * Math.PI * random()];
    const [x, z] = [r * Math.cos(angle), r * Math.sin(angle)];
    const tile = (Math.floor(2 * x) + Math.floor(2 * z)) & 1 ? 0.75 : 0.3;
    return {
      point: [x, 0.95 + 0.03 * Math.sin(3 * x), z],
      normal: [0, -1, 0],
      colour: [tile, tile * 0.95, tile * (0.7 + 0.2 * wave(5 * x))],
    };
  },
};

const dome: Part = {
  share: 0.15,
  area: 900,
  at(random) {
    const d = direction(random);
    if (d[1] > 0.2) d[1] = -d[1];
    const leaf = wave(14 * d[0]) * wave(11 * d[1] + 8 * d[2]);
    return { point: scale(d, 11 + random()), normal: d, colour: [0.25 + 0.3 * leaf, 0.4 + 0.4 * leaf, 0.7 - 0.5 * leaf] };
  },
};

/** Quaternion that turns the third axis into the normal, with a random turn about it. */
function discRotation(normal: Vector3, random: Random): [number, number, number, number] {
  const n = unit([
    normal[0] + 0.15 * normalNumber(random),
    normal[1] + 0.15 * normalNumber(random),
    normal[2] + 0.15 * normalNumber(random),
  ]);
  let u = direction(random);
  const along = dot(u, n);
  u = [u[0] - along * n[0], u[1] - along * n[1], u[2] - along * n[2]];
  if (Math.hypot(...u) < 1e-3) return [1, 0, 0, 0];
  u = unit(u);
  const v = cross(n, u);
  return quaternionOfMatrix([u[0], v[0], n[0], u[1], v[1], n[1], u[2], v[2], n[2]]) ?? [1, 0, 0, 0];
}

function setSplat(splats: Splats, i: number, part: Part, random: Random, spacing: number): void {
  const { point, normal, colour } = part.at(random);
  const basis = shBasisCount(splats.shDegree);
  splats.means.set(point, 3 * i);
  const size = Math.log(spacing) + 0.45 * normalNumber(random);
  splats.logScales.set(
    [size + 0.3 * normalNumber(random), size + 0.3 * normalNumber(random), size - 1.6 + 0.5 * normalNumber(random)],
    3 * i,
  );
  splats.quats.set(discRotation(normal, random), 4 * i);
  splats.opacityLogits[i] = 0.8 + 2.4 * normalNumber(random);
  for (let k = 0; k < 3 * basis; k++) {
    const dc = k < 3 ? (colour[k] - 0.5) / 0.28209479 : 0;
    splats.sh[3 * basis * i + k] = dc + (k < 3 ? 0.15 : k < 12 ? 0.08 : 0.05) * normalNumber(random);
  }
}

export function viewSplats(count: number): Splats {
  const random = createRandom(11);
  const splats = emptySplats(count, benchShDegree);
  let i = 0;
  for (const part of [body, ground, dome]) {
    const end = part === dome ? count : Math.min(count, i + Math.round(part.share * count));
    const spacing = 0.7 * Math.sqrt(part.area / (part.share * count));
    for (; i < end; i++) setSplat(splats, i, part, random, spacing);
  }
  return splats;
}

/** Camera `index` of `count` on a circle about the body, a little above it and turning its eyes a little past the middle. */
function pathView(index: number, count: number): PinholeView {
  const angle = (2 * Math.PI * index) / count;
  const eye: Vector3 = [3.1 * Math.sin(angle), -0.9 - 0.3 * Math.sin(2 * angle), 3.1 * Math.cos(angle)];
  const forward = unit([0.2 - eye[0], 0.1 - eye[1], -0.1 - eye[2]]);
  const right = unit(cross([0, 1, 0], forward));
  const down = cross(forward, right);
  const q = quaternionOfMatrix([...right, ...down, ...forward]);
  if (!q) throw new Error('The camera stands in its target.');
  const focal = 0.9 * benchWidthPx;
  const lens = { widthPx: benchWidthPx, heightPx: benchHeightPx, fx: focal, fy: focal, cx: benchWidthPx / 2, cy: benchHeightPx / 2 };
  return { ...lens, pose: { q, t: [-dot(right, eye), -dot(down, eye), -dot(forward, eye)] } };
}

/** A slow orbit, half a degree a picture. */
export const glidePath = (steps: number): PinholeView[] => Array.from({ length: steps }, (_, i) => pathView(i, 720));

export const cameraPath = (poses: number): PinholeView[] => Array.from({ length: poses }, (_, i) => pathView(i, poses));

/** Name of the scene's file in the folder; written when it is not there yet. */
export function sceneFile(folder: string, count: number, splats: () => Splats): string {
  const name = `scene-v${sceneVersion}-sh${benchShDegree}-${count}.ply`;
  const path = join(folder, name);
  if (existsSync(path)) return name;
  mkdirSync(folder, { recursive: true });
  writeFileSync(`${path}.part`, writePly(splats()));
  renameSync(`${path}.part`, path);
  return name;
}
