/**
 * The sample scene's shapes: a still life of a box, a ball, a ring and a vase on a round table in a round room. Units: the table's top lies
 * at z = 0, z is up, and the table is 4.6 across.
 * Invariant: every ray ends on something, at the latest on the room; distances are those of the shapes that are drawn.
 */

export const table = { radius: 2.3, thickness: 0.14 };
export const floorZ = -1.7;
export const room = { radius: 6.5, ceilingZ: 4.2 };

const box = { x: -0.62, y: 0.5, z: 0.52, halfX: 0.44, halfY: 0.34, halfZ: 0.52, cos: Math.cos(0.45), sin: Math.sin(0.45) };
export const ball = { x: 0.72, y: -0.52, z: 0.46, radius: 0.46 };
const ring = { x: -0.42, y: -0.82, z: 0.17, radius: 0.44, thickness: 0.17 };
export const vase = { x: 0.52, y: 0.72, height: 1.42, widest: 0.47 };

export type Surface = 'table' | 'rim' | 'floor' | 'wall' | 'ceiling' | 'box' | 'ball' | 'ring' | 'vase';

/** Radius of the vase at a height: a belly, a neck and a lip. */
function vaseProfile(z: number): number {
  const lip = Math.max(0, z - 1.08);
  return 0.2 + 0.25 * Math.exp(-((z - 0.48) * (z - 0.48)) / 0.11) + 0.96 * lip * lip;
}

/** The profile at every thousandth of a unit; rays walk along straight pieces between them. */
const profileSteps = 1000;
const profile = Float64Array.from({ length: Math.ceil(vase.height * profileSteps) + 3 }, (_, i) => vaseProfile(i / profileSteps));

const vaseRadius = (z: number): number => {
  const at = Math.min(Math.max(z, 0), vase.height) * profileSteps;
  const i = at | 0;
  return profile[i] + (at - i) * (profile[i + 1] - profile[i]);
};

/** Into the box's own axes: x then y. */
export const boxX = (x: number, y: number): number => box.cos * (x - box.x) + box.sin * (y - box.y);
export const boxY = (x: number, y: number): number => box.cos * (y - box.y) - box.sin * (x - box.x);

const boxDistance = (x: number, y: number, z: number): number => {
  const dx = Math.abs(boxX(x, y)) - box.halfX;
  const dy = Math.abs(boxY(x, y)) - box.halfY;
  const dz = Math.abs(z - box.z) - box.halfZ;
  const ox = Math.max(dx, 0);
  const oy = Math.max(dy, 0);
  const oz = Math.max(dz, 0);
  return Math.sqrt(ox * ox + oy * oy + oz * oz) + Math.min(0, Math.max(dx, dy, dz));
};

const ballDistance = (x: number, y: number, z: number): number =>
  Math.sqrt((x - ball.x) ** 2 + (y - ball.y) ** 2 + (z - ball.z) ** 2) - ball.radius;

const ringDistance = (x: number, y: number, z: number): number => {
  const around = Math.sqrt((x - ring.x) ** 2 + (y - ring.y) ** 2) - ring.radius;
  return Math.sqrt(around * around + (z - ring.z) * (z - ring.z)) - ring.thickness;
};

/** Less than the true distance on the slopes, which marching needs. */
const vaseDistance = (x: number, y: number, z: number): number => {
  const side = 0.75 * (Math.sqrt((x - vase.x) ** 2 + (y - vase.y) ** 2) - vaseRadius(z));
  return Math.max(side, z - vase.height, -z);
};

/** Distance from a place to the nearest thing on the table, for light and shade; below 0 inside. */
export const stillLifeDistance = (x: number, y: number, z: number): number =>
  Math.min(boxDistance(x, y, z), ballDistance(x, y, z), ringDistance(x, y, z), vaseDistance(x, y, z));

const closeEnough = 1e-4;
const mostSteps = 64;

/** Walks along the ray from `from` by the distance to the shape; Infinity when it leaves `to` behind. */
function march(
  distance: (x: number, y: number, z: number) => number,
  eye: Float64Array,
  ray: Float64Array,
  from: number,
  to: number,
): number {
  let at = from;
  for (let step = 0; step < mostSteps && at < to; step++) {
    const left = distance(eye[0] + at * ray[0], eye[1] + at * ray[1], eye[2] + at * ray[2]);
    if (left < closeEnough) return at;
    at += left;
  }
  return Infinity;
}

/** Where the ray passes an upright cylinder around (x, y) between two heights: sets `span`, says whether it does. */
const span = { near: 0, far: 0 };
function passes(eye: Float64Array, ray: Float64Array, x: number, y: number, radius: number, low: number, high: number): boolean {
  const dx = ray[0];
  const dy = ray[1];
  const dz = ray[2];
  const px = eye[0] - x;
  const py = eye[1] - y;
  const a = dx * dx + dy * dy;
  const half = px * dx + py * dy;
  const root = half * half - a * (px * px + py * py - radius * radius);
  if (root <= 0) return false;
  const reach = Math.sqrt(root);
  const t0 = (low - eye[2]) / dz;
  const t1 = (high - eye[2]) / dz;
  span.near = Math.max((-half - reach) / a, Math.min(t0, t1), 0);
  span.far = Math.min((-half + reach) / a, Math.max(t0, t1));
  return span.near < span.far;
}

function ballHit(eye: Float64Array, ray: Float64Array): number {
  const dx = ray[0];
  const dy = ray[1];
  const dz = ray[2];
  const x = eye[0] - ball.x;
  const y = eye[1] - ball.y;
  const z = eye[2] - ball.z;
  const half = x * dx + y * dy + z * dz;
  const root = half * half - (x * x + y * y + z * z - ball.radius * ball.radius);
  const distance = root < 0 ? -1 : -half - Math.sqrt(root);
  return distance > 0 ? distance : Infinity;
}

function boxHit(eye: Float64Array, ray: Float64Array): number {
  const dx = ray[0];
  const dy = ray[1];
  const dz = ray[2];
  const rx = box.cos * dx + box.sin * dy;
  const ry = box.cos * dy - box.sin * dx;
  const mx = -boxX(eye[0], eye[1]) / rx;
  const my = -boxY(eye[0], eye[1]) / ry;
  const mz = (box.z - eye[2]) / dz;
  const sx = Math.abs(box.halfX / rx);
  const sy = Math.abs(box.halfY / ry);
  const sz = Math.abs(box.halfZ / dz);
  const near = Math.max(mx - sx, my - sy, mz - sz);
  return near > 0 && near < Math.min(mx + sx, my + sy, mz + sz) ? near : Infinity;
}

/** What the ray meets first. */
export interface SurfaceHit {
  surface: Surface;
  distance: number;
}

/** The table's top and rim, and the room around it. */
function furnitureHit(eye: Float64Array, ray: Float64Array, hit: SurfaceHit): void {
  const wall = passes(eye, ray, 0, 0, room.radius, floorZ, room.ceilingZ) ? span.far : Infinity;
  hit.distance = wall;
  const z = eye[2] + wall * ray[2];
  hit.surface = z < floorZ + 1e-6 ? 'floor' : z > room.ceilingZ - 1e-6 ? 'ceiling' : 'wall';
  if (!passes(eye, ray, 0, 0, table.radius, -table.thickness, 0)) return;
  hit.distance = span.near;
  hit.surface = eye[2] + span.near * ray[2] > -1e-6 ? 'table' : 'rim';
}

function take(hit: SurfaceHit, surface: Surface, distance: number): void {
  if (distance >= hit.distance) return;
  hit.distance = distance;
  hit.surface = surface;
}

/**
 * First surface along a ray of unit length from `eye`, which stands in the room. Sets `hit`. Rays are arrays because numbers handed from
 * function to function would each be allocated, hundreds of thousands of times a photo.
 */
export function firstHit(eye: Float64Array, ray: Float64Array, hit: SurfaceHit): void {
  furnitureHit(eye, ray, hit);
  take(hit, 'ball', ballHit(eye, ray));
  take(hit, 'box', boxHit(eye, ray));
  if (passes(eye, ray, ring.x, ring.y, ring.radius + ring.thickness, 0, ring.z + ring.thickness))
    take(hit, 'ring', march(ringDistance, eye, ray, span.near, Math.min(span.far, hit.distance)));
  if (passes(eye, ray, vase.x, vase.y, vase.widest, 0, vase.height))
    take(hit, 'vase', march(vaseDistance, eye, ray, span.near, Math.min(span.far, hit.distance)));
}

function setNormal(normal: Float64Array, x: number, y: number, z: number): void {
  const length = Math.sqrt(x * x + y * y + z * z) || 1;
  normal[0] = x / length;
  normal[1] = y / length;
  normal[2] = z / length;
}

function boxNormal(x: number, y: number, z: number, normal: Float64Array): void {
  const u = boxX(x, y) / box.halfX;
  const v = boxY(x, y) / box.halfY;
  const w = (z - box.z) / box.halfZ;
  if (Math.abs(w) > Math.max(Math.abs(u), Math.abs(v))) setNormal(normal, 0, 0, w);
  else if (Math.abs(u) > Math.abs(v)) setNormal(normal, box.cos * u, box.sin * u, 0);
  else setNormal(normal, -box.sin * v, box.cos * v, 0);
}

function ringNormal(x: number, y: number, z: number, normal: Float64Array): void {
  const around = Math.sqrt((x - ring.x) ** 2 + (y - ring.y) ** 2);
  const outward = 1 - ring.radius / around;
  setNormal(normal, (x - ring.x) * outward, (y - ring.y) * outward, z - ring.z);
}

function vaseNormal(x: number, y: number, z: number, normal: Float64Array): void {
  if (z > vase.height - 1e-3) return setNormal(normal, 0, 0, 1);
  const around = Math.sqrt((x - vase.x) ** 2 + (y - vase.y) ** 2);
  const slope = 20 * (vaseRadius(z + 0.025) - vaseRadius(z - 0.025));
  setNormal(normal, (x - vase.x) / around, (y - vase.y) / around, -slope);
}

/** Outward direction, of unit length, at a place on the table or a thing on it, into `normal`; up for everything else. */
export function normalAt(surface: Surface, x: number, y: number, z: number, normal: Float64Array): void {
  if (surface === 'ball') setNormal(normal, x - ball.x, y - ball.y, z - ball.z);
  else if (surface === 'box') boxNormal(x, y, z, normal);
  else if (surface === 'ring') ringNormal(x, y, z, normal);
  else if (surface === 'vase') vaseNormal(x, y, z, normal);
  else setNormal(normal, 0, 0, 1);
}
