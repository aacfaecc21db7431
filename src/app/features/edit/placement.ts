/**
 * How the scene stands in the viewer: from the file to the viewer's world (y up), and the edit operations that say so.
 * The viewer knows a turn but no shift, so its world lies below the edited one by the edit's offset.
 * Invariant: a place that goes from the file to the world and back is the same place, to rounding.
 */
import { type Quaternion, type Vector3, matrixOfQuaternion, rotateBack, rotateVector } from '../../../core/math/rotation.ts';
import type { EditHistory, StartView } from '../../../core/scene/edit/operations.ts';
import { type Turns, orientBy, orientationText } from '../../../core/scene/edit/orientation.ts';
import { formatTarget, parseOrientation, parseTarget } from '../../../viewer/camera/orbitGrammar.ts';
import { worldFromFileOf } from '../../../viewer/camera/toView.ts';

/** world = R(rotation) file + offset, y up. */
export interface Standing {
  rotation: Quaternion;
  offset: Vector3;
}

/** The viewer's attributes for a place to look from. */
export interface ViewTexts {
  orbit: string;
  target: string;
  fieldOfView: string;
}

/** As the `orientation` attribute lays it. */
export function standingOfAttribute(orientation: string | undefined): Standing {
  const turn = parseOrientation(orientation ?? '0 0 0');
  return { rotation: worldFromFileOf(turn.ok ? turn.value : [1, 0, 0, 0]), offset: [0, 0, 0] };
}

/** As the edits lay it; where they say nothing, as the `orientation` attribute of the start does. */
export function standingOf(done: EditHistory['done'], orientation: string | undefined): Standing {
  const last = done.findLast(({ kind }) => kind === 'orient');
  return last?.kind === 'orient' ? { rotation: last.rotation, offset: last.offset } : standingOfAttribute(orientation);
}

export const attributeOf = ({ rotation }: Standing): string => orientationText(rotation);

/** From the viewer's world, as a pick gives it, to the file. */
export const fileOfWorld = ({ rotation }: Standing, point: Vector3): Vector3 => rotateBack(matrixOfQuaternion(rotation), point);
/** From the file to the viewer's world. */
export const worldOfFile = ({ rotation }: Standing, point: Vector3): Vector3 => rotateVector(matrixOfQuaternion(rotation), point);

function shifted(view: ViewTexts, offset: Vector3, sign: 1 | -1): ViewTexts {
  const target = parseTarget(view.target, [0, 0, 0]);
  if (!target.ok) return view;
  return { ...view, target: formatTarget(target.value.map((x, k) => x + sign * offset[k])) };
}

/** What the viewer shows, as a start view of the edited scene. */
export const startViewOf = (shown: ViewTexts, { offset }: Standing): StartView => shifted(shown, offset, 1);
/** A start view of the edited scene in the viewer's attributes. */
export const shownStartView = (view: StartView, { offset }: Standing): ViewTexts => shifted(view, offset, -1);

/** The scene turned further about the world's axes, its shift with it. Degrees. */
export function turnedBy(standing: Standing, turns: Turns): Standing {
  const turn = orientBy([1, 0, 0, 0], turns);
  return { rotation: orientBy(standing.rotation, turns), offset: rotateVector(matrixOfQuaternion(turn), standing.offset) };
}
