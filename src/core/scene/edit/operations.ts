/**
 * Edit operations: what a person does to a splat, as plain data that can be stored, undone and replayed. Coordinates are those of the file
 * as it was trained or opened, so an operation means the same whatever was done before it.
 * Invariant: the splats themselves are never changed; a list of operations and the file give the same result everywhere, bit for bit.
 */
import type { Quaternion, Vector3 } from '../../math/rotation.ts';

/** A box that may be turned: `axes` takes the file's directions into the box's own (unit quaternion wxyz). */
export interface OrientedBox {
  centre: Vector3;
  /** Half of each side, along the box's own axes. */
  half: Vector3;
  axes: Quaternion;
}

export interface Sphere {
  centre: Vector3;
  radius: number;
}

/** One bit per splat of the file, first splat in the lowest bit of the first byte. */
export type SplatBits = Uint8Array<ArrayBuffer>;

/** A text pinned to a point of the scene. Position and normal are the file's, so they follow when the scene is turned. */
export interface EditHotspot {
  id: string;
  text: string;
  position: Vector3;
  /** Away from the surface; null where it is not known. */
  normal: Vector3 | null;
}

/** Where viewers start: the viewer element's texts, in the turned scene. */
export interface StartView {
  orbit: string;
  target: string;
  fieldOfView: string;
}

export type EditOperation =
  /** What lies outside is gone (its mean decides). */
  | { kind: 'crop-box'; box: OrientedBox }
  | { kind: 'crop-sphere'; sphere: Sphere }
  /** The splats marked are gone. */
  | { kind: 'delete'; splats: SplatBits; count: number }
  /** Floaters are gone: `strength` 0..1. A later one takes the place of an earlier one; 0 takes it back. */
  | { kind: 'floaters'; strength: number }
  /**
   * The scene is turned and moved: world = R(rotation) file + offset, rotation wxyz. The world is the viewers', with y UP and the ground in
   * y = 0; a file nothing is said of lies there by half a turn about z (orientation.ts). The last one counts.
   */
  | { kind: 'orient'; rotation: Quaternion; offset: Vector3 }
  | { kind: 'start-view'; view: StartView | null }
  /** CSS colour, #rrggbb. */
  | { kind: 'background'; colour: string }
  /** Adds a hotspot or changes the one of its id. */
  | { kind: 'hotspot'; hotspot: EditHotspot }
  | { kind: 'remove-hotspot'; id: string };

/** What was done, and what was taken back and can be done again, newest last. */
export interface EditHistory {
  done: EditOperation[];
  undone: EditOperation[];
}

export const emptyHistory: EditHistory = { done: [], undone: [] };
