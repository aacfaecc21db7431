/**
 * Edited state: what a list of operations comes to. Which splats are gone, how the scene lies, how viewers open it.
 * Invariant: the state depends on the file's splats and the operations alone, not on how it was arrived at.
 */
import type { Quaternion, Vector3 } from '../../math/rotation.ts';
import { addToMask } from './bits.ts';
import type { EditableSplats } from './editableSplats.ts';
import { floaterScores, floaterThreshold } from './floaters.ts';
import type { EditHotspot, EditOperation, StartView } from './operations.ts';
import { outsideBox, outsideSphere } from './regions.ts';

export type { EditableSplats } from './editableSplats.ts';

/** How the scene lies: world = R(rotation) file + offset, with y up in the world. */
export interface Placement {
  rotation: Quaternion;
  offset: Vector3;
}

export interface EditedState {
  /** One byte per splat of the file, 1 for those that are gone. Owned by whoever keeps the state; changed in place by the next operation. */
  readonly hidden: Uint8Array<ArrayBuffer>;
  readonly hiddenCount: number;
  /** Null: as viewers show the file by themselves (uprightFromFile in orientation.ts). */
  readonly orient: Placement | null;
  readonly startView: StartView | null;
  /** #rrggbb; null for the viewer's own. */
  readonly background: string | null;
  /** Strength of the floater filter now, 0..1. */
  readonly floaters: number;
  /** In the order they were first added. */
  readonly hotspots: readonly EditHotspot[];
}

export interface EditKeeper {
  readonly state: EditedState;
  /**
   * Brings the state to a list of operations. One more operation than before, or another in the place of the last, costs one pass over the
   * splats; anything else starts again from the file. Operations are told apart by identity.
   */
  update(operations: readonly EditOperation[]): EditedState;
}

/** Splats that are gone for every reason but floaters; the floaters come on top, because their strength may be taken back. */
interface Gone {
  cut: Uint8Array<ArrayBuffer>;
  floaters: number;
}

function isCut({ kind }: EditOperation): boolean {
  return kind === 'crop-box' || kind === 'crop-sphere' || kind === 'delete';
}

/** Marks what an operation cuts away. */
function cut(splats: EditableSplats, operation: EditOperation, mask: Uint8Array): void {
  if (operation.kind === 'crop-box') outsideBox(splats.means, operation.box, mask);
  else if (operation.kind === 'crop-sphere') outsideSphere(splats.means, operation.sphere, mask);
  else if (operation.kind === 'delete') addToMask(operation.splats, mask);
}

/** What does not concern single splats. */
function settingsOf(operations: readonly EditOperation[]): Omit<EditedState, 'hidden' | 'hiddenCount'> {
  let [orient, startView, background, floaters]: [Placement | null, StartView | null, string | null, number] = [null, null, null, 0];
  const hotspots = new Map<string, EditHotspot>();
  for (const one of operations) {
    if (one.kind === 'orient') orient = { rotation: one.rotation, offset: one.offset };
    else if (one.kind === 'start-view') startView = one.view;
    else if (one.kind === 'background') background = one.colour;
    else if (one.kind === 'floaters') floaters = one.strength;
    else if (one.kind === 'hotspot') hotspots.set(one.hotspot.id, one.hotspot);
    else if (one.kind === 'remove-hotspot') hotspots.delete(one.id);
  }
  return { orient, startView, background, floaters, hotspots: [...hotspots.values()] };
}

/** Keeps the state of the edits of one file. `splats` is held on to and must not change. */
export function createEditKeeper(splats: EditableSplats): EditKeeper {
  const { count } = splats;
  let followed: readonly EditOperation[] = [];
  let scores: Float32Array | null = null;
  const gone: Gone = { cut: new Uint8Array(count), floaters: 0 };
  const hidden = new Uint8Array(count);
  let state: EditedState = { hidden, hiddenCount: 0, ...settingsOf([]) };

  /** Everything that is gone, in one pass. */
  function merge(): number {
    const threshold = floaterThreshold(gone.floaters);
    const rated = gone.floaters > 0 ? (scores ??= floaterScores(splats)) : null;
    let sum = 0;
    for (let i = 0; i < count; i++) {
      const isGone = gone.cut[i] | (rated !== null && rated[i] > threshold ? 1 : 0);
      hidden[i] = isGone;
      sum += isGone;
    }
    return sum;
  }

  function update(operations: readonly EditOperation[]): EditedState {
    const same = operations.findIndex((one, k) => one !== followed[k]);
    const shared = same < 0 ? Math.min(operations.length, followed.length) : same;
    // What was cut cannot be put back one by one.
    const again = followed.slice(shared).some(isCut);
    if (again) gone.cut.fill(0);
    for (const one of again ? operations : operations.slice(shared)) cut(splats, one, gone.cut);
    const settings = settingsOf(operations);
    const moved = again || operations.slice(shared).some(isCut) || settings.floaters !== gone.floaters;
    gone.floaters = settings.floaters;
    followed = [...operations];
    state = { hidden, hiddenCount: moved ? merge() : state.hiddenCount, ...settings };
    return state;
  }

  return {
    get state() {
      return state;
    },
    update,
  };
}

/** What the operations come to on these splats, from nothing. */
export const editedState = (operations: readonly EditOperation[], splats: EditableSplats): EditedState =>
  createEditKeeper(splats).update(operations);

/** The settings the operations come to, without looking at splats. */
export const editedSettings = (operations: readonly EditOperation[]): Omit<EditedState, 'hidden' | 'hiddenCount'> => settingsOf(operations);
