/** What the viewer element shows now, in its attributes. Invariant: the texts read back as the camera that is seen. */
import type { SplatViewerElement } from '../../../viewer/index.ts';
import { parseOrientation } from '../../../viewer/camera/orbitGrammar.ts';
import { worldFromFileOf } from '../../../viewer/camera/toView.ts';
import type { ShownView } from './pageSettings.ts';

export function shownView(viewer: SplatViewerElement): ShownView {
  const { orientation, background } = viewer;
  const turn = parseOrientation(orientation);
  const fovDeg = viewer.getFieldOfView();
  return {
    orientation,
    background,
    cameraOrbit: viewer.getCameraOrbit()?.toString() ?? viewer.cameraOrbit,
    cameraTarget: viewer.getCameraTarget()?.toString() ?? viewer.cameraTarget,
    fieldOfView: fovDeg === null ? viewer.fieldOfView : `${Number(fovDeg.toFixed(4))}deg`,
    worldFromFile: worldFromFileOf(turn.ok ? turn.value : [1, 0, 0, 0]),
  };
}
