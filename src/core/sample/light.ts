/**
 * Light of the sample scene: one broad lamp from above and a bright room, worked out once on a grid around the still life.
 * Invariant: light depends on the place and its normal alone, never on the eye, so photos agree with each other.
 */
import { stillLifeDistance } from './shapes.ts';

const grid = { minX: -2.4, minZ: -0.05, step: 0.06, acrossX: 81, acrossZ: 30 };
/** Towards the lamp, unit length. */
const lamp = [0.36, 0.3, 0.883];
/** How sharp shadows are; a lamp as wide as a window. */
const sharpness = 5;

/** Share of the lamp seen from a place: walks towards it and remembers how near it passed by anything (Quilez 2010). */
function lampSeen(x: number, y: number, z: number): number {
  let seen = 1;
  for (let at = 0.04, step = 0; step < 24 && at < 2.5; step++) {
    const left = stillLifeDistance(x + at * lamp[0], y + at * lamp[1], z + at * lamp[2]);
    seen = Math.min(seen, (sharpness * left) / at);
    if (seen < 0.01) return 0;
    at += Math.min(0.25, Math.max(0.04, left));
  }
  return seen * seen * (3 - 2 * seen);
}

export interface Light {
  /** Brightness, 0..1 and a little over, at a place of this normal. */
  at(x: number, y: number, z: number, normal: Float64Array): number;
}

function bake(value: (x: number, y: number, z: number) => number): Float32Array {
  const { minX, minZ, step, acrossX, acrossZ } = grid;
  const cells = new Float32Array(acrossX * acrossX * acrossZ);
  let at = 0;
  for (let k = 0; k < acrossZ; k++)
    for (let j = 0; j < acrossX; j++)
      for (let i = 0; i < acrossX; i++) cells[at++] = value(minX + i * step, minX + j * step, minZ + k * step);
  return cells;
}

/** Linear between the grid's cells; outside it the nearest cell. */
function sampled(cells: Float32Array, x: number, y: number, z: number): number {
  const { minX, minZ, step, acrossX, acrossZ } = grid;
  const gx = Math.min(Math.max((x - minX) / step, 0), acrossX - 1.001);
  const gy = Math.min(Math.max((y - minX) / step, 0), acrossX - 1.001);
  const gz = Math.min(Math.max((z - minZ) / step, 0), acrossZ - 1.001);
  const i = gx | 0;
  const j = gy | 0;
  const k = gz | 0;
  const u = gx - i;
  const v = gy - j;
  const w = gz - k;
  const at = (k * acrossX + j) * acrossX + i;
  const up = at + acrossX * acrossX;
  const low = (cells[at] * (1 - u) + cells[at + 1] * u) * (1 - v) + (cells[at + acrossX] * (1 - u) + cells[at + acrossX + 1] * u) * v;
  const high = (cells[up] * (1 - u) + cells[up + 1] * u) * (1 - v) + (cells[up + acrossX] * (1 - u) + cells[up + acrossX + 1] * u) * v;
  return low * (1 - w) + high * w;
}

/** Works the light out; takes a fraction of a second. */
export function createLight(): Light {
  const seen = bake(lampSeen);
  const open = bake((x, y, z) => Math.min(stillLifeDistance(x, y, z), z));
  /** Lifts a place off its surface, so that the surface does not shade itself. */
  const lift = 0.08;
  const reach = 0.22;
  return {
    at(x, y, z, normal) {
      const nx = normal[0];
      const ny = normal[1];
      const nz = normal[2];
      const facing = Math.max(0, nx * lamp[0] + ny * lamp[1] + nz * lamp[2]);
      const direct = facing > 0 ? facing * sampled(seen, x + lift * nx, y + lift * ny, z + lift * nz) : 0;
      const openness = Math.min(1, Math.max(0, sampled(open, x + reach * nx, y + reach * ny, z + reach * nz) / reach));
      const sky = (0.8 + 0.2 * nz) * (0.5 + 0.5 * openness);
      return 0.72 * sky + 0.4 * direct;
    },
  };
}
