/**
 * Where the camera starts: as the edits say, else as the project does, else as the viewer finds it.
 * Invariant: the texts are ones the viewer reads.
 */
import type { EditHistory } from '../../../core/scene/edit/operations.ts';
import { type Standing, type ViewTexts, shownStartView } from '../edit/placement.ts';
import { type StartCamera, fieldOfView } from './startCamera.ts';

export function homeOf(
  done: EditHistory['done'],
  start: StartCamera | null,
  standing: Standing,
  width: number,
  height: number,
): ViewTexts | null {
  const last = done.findLast(({ kind }) => kind === 'start-view');
  if (last?.kind === 'start-view' && last.view) return shownStartView(last.view, standing);
  // The project's own start is for the scene as it lay; one that was turned is looked at as a whole.
  if (!start || done.some(({ kind }) => kind === 'orient')) return null;
  return { orbit: start.orbit, target: start.target, fieldOfView: fieldOfView(start.lens, width, height) };
}

/** The camera that is seen now, as attributes; null before there is one. */
export function placeOf(viewer: {
  getCameraOrbit(): { toString(): string } | null;
  getCameraTarget(): { toString(): string } | null;
  getFieldOfView(): number | null;
}): ViewTexts | null {
  const [orbit, target, fovDeg] = [viewer.getCameraOrbit(), viewer.getCameraTarget(), viewer.getFieldOfView()];
  if (!orbit || !target || fovDeg === null) return null;
  return { orbit: orbit.toString(), target: target.toString(), fieldOfView: `${Number(fovDeg.toFixed(4))}deg` };
}
