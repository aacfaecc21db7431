/**
 * The crop box while it is made: level, turned about the vertical, moved face by face.
 * Invariant: no side is shorter than a thousandth of the longest it began with; moving one face leaves the opposite one where it is.
 */
import { type Vector3, matrixOfQuaternion, rotateBack, rotateVector } from '../../../core/math/rotation.ts';
import type { OrientedBox } from '../../../core/scene/edit/operations.ts';

export type Axis = 0 | 1 | 2;
export interface Face {
  axis: Axis;
  side: -1 | 1;
}

export const faces: readonly Face[] = ([0, 1, 2] as const).flatMap((axis) => [
  { axis, side: -1 as const },
  { axis, side: 1 as const },
]);

const shortestShare = 1e-3;
const plus = (a: Vector3, b: Vector3, scale = 1): Vector3 => [a[0] + scale * b[0], a[1] + scale * b[1], a[2] + scale * b[2]];

/** The way out through a face, unit, file space. */
export function outward({ axes }: OrientedBox, { axis, side }: Face): Vector3 {
  const unit: Vector3 = [0, 0, 0];
  unit[axis] = side;
  return rotateBack(matrixOfQuaternion(axes), unit);
}

export const faceCentre = (box: OrientedBox, face: Face): Vector3 => plus(box.centre, outward(box, face), box.half[face.axis]);

/** The box with one face moved outward by a length (inward where negative). */
export function withFaceMoved(box: OrientedBox, face: Face, by: number): OrientedBox {
  const shortest = shortestShare * Math.max(...box.half);
  const half: Vector3 = [...box.half];
  half[face.axis] = Math.max(shortest, half[face.axis] + by / 2);
  const moved = half[face.axis] - box.half[face.axis];
  return { ...box, half, centre: plus(box.centre, outward(box, face), moved) };
}

export const withCentreMoved = (box: OrientedBox, by: Vector3): OrientedBox => ({ ...box, centre: plus(box.centre, by) });

/** Length of a side along an axis; the middle stays. */
export function withSize(box: OrientedBox, axis: Axis, size: number): OrientedBox {
  const half: Vector3 = [...box.half];
  half[axis] = Math.max(shortestShare * Math.max(...box.half), size / 2);
  return { ...box, half };
}

/** Where the middle lies along the box's own axes. */
export const placeAlong = ({ centre, axes }: OrientedBox): Vector3 => rotateVector(matrixOfQuaternion(axes), centre);

export function withPlaceAlong(box: OrientedBox, axis: Axis, place: number): OrientedBox {
  const places = placeAlong(box);
  places[axis] = place;
  return { ...box, centre: rotateBack(matrixOfQuaternion(box.axes), places) };
}

/** The twelve edges, two ends each, file space. */
export function edgesOf({ centre, half, axes }: OrientedBox): [Vector3, Vector3][] {
  const m = matrixOfQuaternion(axes);
  const corner = (bits: number): Vector3 =>
    plus(
      centre,
      rotateBack(
        m,
        half.map((length, k) => ((bits >> k) & 1 ? length : -length)),
      ),
    );
  const edges: [Vector3, Vector3][] = [];
  for (let bits = 0; bits < 8; bits++)
    for (let k = 0; k < 3; k++) if (((bits >> k) & 1) === 0) edges.push([corner(bits), corner(bits | (1 << k))]);
  return edges;
}

/** Three great circles of a sphere along turned axes, each closed, file space. */
export function circlesOf(centre: Vector3, radius: number, axes: OrientedBox['axes'], pieces = 48): Vector3[][] {
  const m = matrixOfQuaternion(axes);
  return [0, 1, 2].map((axis) =>
    Array.from({ length: pieces + 1 }, (_, i) => {
      const angle = (2 * Math.PI * i) / pieces;
      const point: Vector3 = [0, 0, 0];
      point[(axis + 1) % 3] = radius * Math.cos(angle);
      point[(axis + 2) % 3] = radius * Math.sin(angle);
      return plus(centre, rotateBack(m, point));
    }),
  );
}
