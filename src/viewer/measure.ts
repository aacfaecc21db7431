/** Measuring between points of the scene. Invariant: null when a point cannot be read, never NaN. */
import type { Vector3 } from '../core/math/rotation.ts';
import { parsePoint } from './places.ts';

/** A point as a pick, a triple, "x y z" or an object with x, y and z. */
export type Place = { position: Vector3 } | Vector3 | string | { x: number; y: number; z: number };

export function pointOf(place: Place): Vector3 | null {
  if (typeof place === 'string') return parsePoint(place);
  const point: unknown[] = Array.isArray(place) ? place : 'position' in place ? place.position : [place.x, place.y, place.z];
  return point.length === 3 && point.every(Number.isFinite) ? (point as Vector3) : null;
}

/** Distance in units of the scene. */
export function measure(a: Place, b: Place): number | null {
  const [p, q] = [pointOf(a), pointOf(b)];
  return p && q ? Math.hypot(p[0] - q[0], p[1] - q[1], p[2] - q[2]) : null;
}
