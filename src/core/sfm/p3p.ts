/**
 * P3P: the poses from which three world points are seen along three given rays.
 * The unknown distances satisfy three quadrics; eliminating the scale leaves two conics, and a singular conic of their pencil splits into
 * two lines that carry all solutions (Persson and Nordberg 2018, "Lambda Twist", sections 3.1-3.3; Ding et al. 2023 for the splitting).
 * Invariant: every solution written is a proper rotation with all three points in front of the camera.
 */
import { isolatedCubicRoot } from '../math/cubic.ts';

/** Sine of the angle at a corner of the triangle of points below which it counts as collinear. */
const leastSine = 1e-7;
const newtonSteps = 5;

// Symmetric 3x3 matrices are (xx, xy, xz, yy, yz, zz).
const first = new Float64Array(6);
const second = new Float64Array(6);
const adjugate = new Float64Array(6);
const singular = new Float64Array(6);
const square = new Float64Array(9);
const lineA = new Float64Array(3);
const lineB = new Float64Array(3);
const directions = new Float64Array(9);
const distances = new Float64Array(3);
/** Where (row, column) of a symmetric matrix lies. */
const packed = [0, 1, 2, 1, 3, 4, 2, 4, 5];

/** What the distances must satisfy: squared sides a (longest 1) and cosines b, squared chords s = 2 - 2 b, of (12, 13, 23). */
const sides = new Float64Array(3);
const cosines = new Float64Array(3);
const chords = new Float64Array(3);

function setAdjugate(m: Float64Array): void {
  adjugate[0] = m[3] * m[5] - m[4] * m[4];
  adjugate[1] = m[2] * m[4] - m[1] * m[5];
  adjugate[2] = m[1] * m[4] - m[2] * m[3];
  adjugate[3] = m[0] * m[5] - m[2] * m[2];
  adjugate[4] = m[1] * m[2] - m[0] * m[4];
  adjugate[5] = m[0] * m[3] - m[1] * m[1];
}

/** tr(adj(A) B) for the adjugate at hand. */
const traceWith = (m: Float64Array): number =>
  adjugate[0] * m[0] + adjugate[3] * m[3] + adjugate[5] * m[5] + 2 * (adjugate[1] * m[1] + adjugate[2] * m[2] + adjugate[4] * m[4]);

/** The two conics without scale: a23 M12 - a12 M23 and a23 M13 - a13 M23. */
function setConics(): void {
  const [a12, a13, a23] = sides;
  const [b12, b13, b23] = cosines;
  first[0] = a23;
  first[1] = -b12 * a23;
  first[2] = 0;
  first[3] = a23 - a12;
  first[4] = b23 * a12;
  first[5] = -a12;
  second[0] = a23;
  second[1] = 0;
  second[2] = -b13 * a23;
  second[3] = -a13;
  second[4] = b23 * a13;
  second[5] = a23 - a13;
}

/** Writes a singular conic of the pencil. Returns the conic to intersect its lines with: the one it resembles less. */
function setSingular(): Float64Array {
  setAdjugate(first);
  const c0 = traceWith(first) / 3;
  const c1 = traceWith(second);
  setAdjugate(second);
  const c2 = traceWith(first);
  const c3 = traceWith(second) / 3;
  const swap = Math.abs(c0) > Math.abs(c3);
  const lead = swap ? c0 : c3;
  const negligible = Math.abs(lead) <= 1e-15 * (Math.abs(c1) + Math.abs(c2));
  const root = negligible ? 0 : swap ? isolatedCubicRoot(c1 / c0, c2 / c0, c3 / c0) : isolatedCubicRoot(c2 / c3, c1 / c3, c0 / c3);
  // det(A + root B) = 0 with (A, B) = (first, second), or swapped.
  const a = swap ? second : first;
  const b = swap ? first : second;
  for (let k = 0; k < 6; k++) singular[k] = a[k] + root * b[k];
  return Math.abs(root) > 1 ? a : b;
}

/** Splits the singular conic into its two lines; false when they are not real. */
function splitLines(): boolean {
  setAdjugate(singular);
  let i = 0;
  for (let k = 1; k < 3; k++) if (Math.abs(adjugate[packed[4 * k]]) > Math.abs(adjugate[packed[4 * i]])) i = k;
  const diagonal = adjugate[packed[4 * i]];
  let size = 0;
  for (let k = 0; k < 6; k++) size = Math.max(size, Math.abs(singular[k]));
  if (!(diagonal <= 1e-12 * size * size)) return false;
  // adj(l m^T + m l^T) = -p p^T with p = l x m, and adding [p]x leaves the rank-one matrix 2 m l^T.
  const scale = diagonal < 0 ? 1 / Math.sqrt(-diagonal) : 0;
  const px = adjugate[packed[3 * i]] * scale;
  const py = adjugate[packed[3 * i + 1]] * scale;
  const pz = adjugate[packed[3 * i + 2]] * scale;
  for (let k = 0; k < 9; k++) square[k] = singular[packed[k]];
  square[1] -= pz;
  square[2] += py;
  square[3] += pz;
  square[5] -= px;
  square[6] -= py;
  square[7] += px;
  let largest = 0;
  for (let k = 1; k < 9; k++) if (Math.abs(square[k]) > Math.abs(square[largest])) largest = k;
  const column = largest % 3;
  for (let k = 0; k < 3; k++) {
    lineA[k] = square[largest - column + k];
    lineB[k] = square[3 * k + column];
  }
  return true;
}

/** Newton's method on (li - lj)^2 + s li lj = a for the three sides; true when all distances are positive and fit. */
function polish(): boolean {
  const d = distances;
  const [a12, a13, a23] = sides;
  const [s12, s13, s23] = chords;
  for (let step = 0; ; step++) {
    const x = d[0];
    const y = d[1];
    const z = d[2];
    const r12 = (x - y) * (x - y) + s12 * x * y - a12;
    const r13 = (x - z) * (x - z) + s13 * x * z - a13;
    const r23 = (y - z) * (y - z) + s23 * y * z - a23;
    const residual = Math.abs(r12) + Math.abs(r13) + Math.abs(r23);
    if (step === newtonSteps || residual < 1e-16) return residual < 1e-8 && x > 0 && y > 0 && z > 0;
    // Rows of the Jacobian: (p, q, 0), (u, 0, v), (0, m, n).
    const p = 2 * (x - y) + s12 * y;
    const q = 2 * (y - x) + s12 * x;
    const u = 2 * (x - z) + s13 * z;
    const v = 2 * (z - x) + s13 * x;
    const m = 2 * (y - z) + s23 * z;
    const n = 2 * (z - y) + s23 * y;
    const inverse = 1 / (-p * v * m - q * u * n);
    const dx = (-v * m * r12 - q * n * r13 + q * v * r23) * inverse;
    const dy = (-u * n * r12 + p * n * r13 - p * v * r23) * inverse;
    const dz = (u * m * r12 - p * m * r13 - q * u * r23) * inverse;
    if (!Number.isFinite(dx + dy + dz)) return residual < 1e-8 && x > 0 && y > 0 && z > 0;
    d[0] -= dx;
    d[1] -= dy;
    d[2] -= dz;
  }
}

/** Orthonormal frame of the triangle (p1, p2, p3), as the rows frame[0..8]. */
function setFrame(frame: Float64Array, p: ArrayLike<number>): void {
  const [ux, uy, uz] = [p[3] - p[0], p[4] - p[1], p[5] - p[2]];
  const [vx, vy, vz] = [p[6] - p[0], p[7] - p[1], p[8] - p[2]];
  const [nx, ny, nz] = [uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx];
  const iu = 1 / Math.sqrt(ux * ux + uy * uy + uz * uz);
  const iN = 1 / Math.sqrt(nx * nx + ny * ny + nz * nz);
  frame[0] = ux * iu;
  frame[1] = uy * iu;
  frame[2] = uz * iu;
  frame[6] = nx * iN;
  frame[7] = ny * iN;
  frame[8] = nz * iN;
  frame[3] = frame[7] * frame[2] - frame[8] * frame[1];
  frame[4] = frame[8] * frame[0] - frame[6] * frame[2];
  frame[5] = frame[6] * frame[1] - frame[7] * frame[0];
}

const worldFrame = new Float64Array(9);
const cameraFrame = new Float64Array(9);
const cameraPoints = new Float64Array(9);

/** The pose that takes the world triangle to the one at the distances at hand. False when it is not finite. */
function writePose(world: ArrayLike<number>, longest: number, out: Float64Array, at: number): boolean {
  for (let k = 0; k < 9; k++) cameraPoints[k] = directions[k] * distances[(k / 3) | 0] * longest;
  setFrame(cameraFrame, cameraPoints);
  for (let r = 0; r < 3; r++) {
    for (let c = 0; c < 3; c++)
      out[at + 3 * r + c] =
        cameraFrame[r] * worldFrame[c] + cameraFrame[3 + r] * worldFrame[3 + c] + cameraFrame[6 + r] * worldFrame[6 + c];
    let t = 0;
    for (let k = 0; k < 3; k++)
      t +=
        cameraPoints[3 * k + r] -
        out[at + 3 * r] * world[3 * k] -
        out[at + 3 * r + 1] * world[3 * k + 1] -
        out[at + 3 * r + 2] * world[3 * k + 2];
    out[at + 9 + r] = t / 3;
  }
  return Number.isFinite(out[at] + out[at + 4] + out[at + 8] + out[at + 9] + out[at + 10] + out[at + 11]);
}

/** Intersects a line with a conic and writes the poses of the intersections. Returns the new number of solutions. */
function solveLine(line: Float64Array, conic: Float64Array, world: ArrayLike<number>, longest: number, out: Float64Array, found: number) {
  let k = 0;
  for (let e = 1; e < 3; e++) if (Math.abs(line[e]) > Math.abs(line[k])) k = e;
  const i = (k + 1) % 3;
  const j = (k + 2) % 3;
  const alpha = -line[i] / line[k];
  const beta = -line[j] / line[k];
  const kk = conic[packed[4 * k]];
  const ik = conic[packed[3 * i + k]];
  const jk = conic[packed[3 * j + k]];
  const ii = conic[packed[4 * i]] + alpha * (2 * ik + alpha * kk);
  const jj = conic[packed[4 * j]] + beta * (2 * jk + beta * kk);
  const ij = conic[packed[3 * i + j]] + alpha * beta * kk + beta * ik + alpha * jk;
  const discriminant = ij * ij - ii * jj;
  // A double root may come out just negative; Newton's method decides on it.
  if (!(discriminant >= -1e-12 * (ij * ij + Math.abs(ii * jj)))) return found;
  const root = Math.sqrt(Math.max(0, discriminant));
  const h = ij > 0 ? -ij - root : -ij + root;
  for (let which = 0; which < 2 && found < 4; which++) {
    const s = which === 0 ? h : jj;
    const t = which === 0 ? ii : h;
    const sign = s < 0 ? -1 : 1;
    distances[i] = sign * s;
    distances[j] = sign * t;
    distances[k] = sign * (alpha * s + beta * t);
    const x = distances[0];
    const y = distances[1];
    const z = distances[2];
    if (!(x > 0 && y > 0 && z > 0)) continue;
    const sum = (x - y) * (x - y) + chords[0] * x * y + (x - z) * (x - z) + chords[1] * x * z + (y - z) * (y - z) + chords[2] * y * z;
    const scale = Math.sqrt((sides[0] + sides[1] + sides[2]) / sum);
    for (let e = 0; e < 3; e++) distances[e] *= scale;
    if (polish() && writePose(world, longest, out, 12 * found)) found++;
  }
  return found;
}

/** Squared sides over the longest, ray directions and their cosines. Returns the longest side, or 0 when the points are collinear. */
function setTriangle(rays: ArrayLike<number>, world: ArrayLike<number>): number {
  for (let k = 0; k < 3; k++) {
    const [x, y] = [rays[2 * k], rays[2 * k + 1]];
    const scale = 1 / Math.sqrt(x * x + y * y + 1);
    directions[3 * k] = x * scale;
    directions[3 * k + 1] = y * scale;
    directions[3 * k + 2] = scale;
  }
  for (let pair = 0; pair < 3; pair++) {
    const a = pair === 2 ? 3 : 0;
    const b = pair === 0 ? 3 : 6;
    sides[pair] = 0;
    chords[pair] = 0;
    for (let c = 0; c < 3; c++) {
      sides[pair] += (world[a + c] - world[b + c]) ** 2;
      chords[pair] += (directions[a + c] - directions[b + c]) ** 2;
    }
    cosines[pair] = 1 - chords[pair] / 2;
  }
  const longest = Math.max(sides[0], sides[1], sides[2]);
  for (let pair = 0; pair < 3; pair++) sides[pair] /= longest;
  // Heron: 16 area^2 of the triangle whose longest side is 1.
  const [a, b, c] = sides;
  const area = 2 * (a * b + b * c + c * a) - a * a - b * b - c * c;
  return area > 4 * leastSine * leastSine && chords[0] > 0 && chords[1] > 0 && chords[2] > 0 ? Math.sqrt(longest) : 0;
}

/**
 * Poses from three correspondences. `rays`: [3, 2] x, y of the rays (x, y, 1). `world`: [3, 3]. Writes up to four solutions to `out` as
 * rows of 12: rotation row-major, translation (world to camera). Returns their number; 0 for collinear or not finite input.
 */
export function p3p(rays: ArrayLike<number>, world: ArrayLike<number>, out: Float64Array): number {
  const longest = setTriangle(rays, world);
  if (!(longest > 0) || !Number.isFinite(longest)) return 0;
  setConics();
  const conic = setSingular();
  if (!splitLines()) return 0;
  setFrame(worldFrame, world);
  const found = solveLine(lineA, conic, world, longest, out, 0);
  return solveLine(lineB, conic, world, longest, out, found);
}
