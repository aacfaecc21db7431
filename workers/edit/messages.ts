/**
 * The messages between the page and the edit worker. Plain data only; the page imports this file for its types alone.
 * Invariant: `open` comes first and once; every command with an id is answered once under that id, in the order of the commands.
 */
import type { Failure, Result } from '../../src/core/job/failure.ts';
import type { Quaternion, Vector3 } from '../../src/core/math/rotation.ts';
import type { PinholeView } from '../../src/core/scene/camera.ts';
import type { EditOperation, OrientedBox, Sphere, SplatBits } from '../../src/core/scene/edit/operations.ts';
import type { PackedSplats } from '../../src/core/view/packedSplats.ts';

/** How splats of the file are shown: one byte each. */
export const splatStates = { normal: 0, marked: 1, hidden: 2 } as const;

export type SelectMode = 'replace' | 'add' | 'remove';

/** What a person points at. Coordinates of the file; pixels are those of the view. */
export type Gesture =
  /** strokePx: [n, 2]; of a longer stroke only what is new. `begins`: it is the first piece. */
  | { kind: 'brush'; view: PinholeView; strokePx: Float32Array; radiusPx: number; through: boolean; mode: SelectMode; begins: boolean }
  /** The last stroke was none: what was selected before it is selected again. */
  | { kind: 'unbrush' }
  | { kind: 'lasso'; view: PinholeView; polygonPx: Float32Array; through: boolean; mode: SelectMode }
  | { kind: 'box'; box: OrientedBox; mode: SelectMode }
  | { kind: 'sphere'; sphere: Sphere; mode: SelectMode }
  | { kind: 'all' }
  | { kind: 'none' }
  | { kind: 'invert' };

/** What would go, shown before it is done. */
export type Preview =
  { kind: 'floaters'; strength: number } | { kind: 'outside-box'; box: OrientedBox } | { kind: 'outside-sphere'; sphere: Sphere };

export interface OpenedEdit {
  packed: PackedSplats;
  antialiased: boolean;
  warnings: Failure[];
}

export interface EditCounts {
  total: number;
  /** Splats the operations leave. */
  kept: number;
  selected: number;
  /** Splats the preview would take of those; 0 without a preview. */
  previewed: number;
}

/** One byte of splatStates per splat. */
export interface ShownStates extends EditCounts {
  states: Uint8Array<ArrayBuffer>;
}

/** The operations are those of before up to `keep`, then `add`: only what is new crosses over. */
export interface FollowOperations {
  keep: number;
  add: readonly EditOperation[];
}

/** A level box of the axes that holds all but the farthest splats. */
export interface Extent {
  centre: Vector3;
  half: Vector3;
}

export interface Ground {
  rotation: Quaternion;
  offset: Vector3;
}

export interface EditQuestions {
  follow: { ask: FollowOperations; answer: ShownStates };
  gesture: { ask: Gesture; answer: ShownStates };
  preview: { ask: Preview | null; answer: ShownStates };
  /** The selection, to be deleted; it is empty afterwards. */
  take: { ask: null; answer: { splats: SplatBits; count: number } };
  extent: { ask: { axes: Quaternion }; answer: Extent };
  /** The ground, found from the splats; `current` says which side is up now. Null when there is none to be seen. */
  ground: { ask: { current: Quaternion }; answer: Ground | null };
}

export type EditQuestion = { [K in keyof EditQuestions]: { type: K; id: number; ask: EditQuestions[K]['ask'] } }[keyof EditQuestions];
export type EditCommand = { type: 'open'; file: Blob; fileName: string } | EditQuestion;

export type EditMessage =
  { type: 'opened'; result: Result<OpenedEdit> } | { type: 'answer'; id: number; answer: EditQuestions[keyof EditQuestions]['answer'] };
