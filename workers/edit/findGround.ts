/** The ground of what is left of a scene. Invariant: the turn found is from the file, however the scene lies now. */
import type { Quaternion } from '../../src/core/math/rotation.ts';
import type { EditableSplats } from '../../src/core/scene/edit/editedState.ts';
import { groundOfSplats } from '../../src/core/scene/edit/ground.ts';
import type { Ground } from './messages.ts';

/** `current`: how the scene lies now, file to world with y up. Null when nothing level is found. */
export function findGround(splats: EditableSplats, hidden: Uint8Array, current: Quaternion): Ground | null {
  const found = groundOfSplats(splats, { current, hidden });
  return found && { rotation: found.rotation, offset: found.offset };
}
