/**
 * How the exported web page shows the scene: as the edits say, and where they say nothing as the viewer shows it now.
 * Invariant: the splats in the page have the edits in them, so a turn that is one of the edits is not asked for a second time.
 */
import type { PageHotspot, PageSettings } from '../../../core/formats/htmlPage.ts';
import { type Quaternion, matrixOfQuaternion, rotateVector } from '../../../core/math/rotation.ts';
import { type Placement, editedSettings } from '../../../core/scene/edit/editedState.ts';
import type { EditHotspot, EditOperation } from '../../../core/scene/edit/operations.ts';

/** Attributes of the viewer that is open beside the panel. */
export interface ShownView {
  orientation: string;
  cameraOrbit: string;
  cameraTarget: string;
  fieldOfView: string;
  background: string;
  /** The turn from the file to the world under `orientation`. */
  worldFromFile: Quaternion;
}

function placed({ id, text, position, normal }: EditHotspot, { rotation, offset }: Placement): PageHotspot {
  const turn = matrixOfQuaternion(rotation);
  const [x, y, z] = rotateVector(turn, position);
  return { id, text, position: [x + offset[0], y + offset[1], z + offset[2]], normal: normal && rotateVector(turn, normal) };
}

const hexColour = (colour: string | null | undefined): string | null => (colour && /^#[0-9a-f]{6}$/i.test(colour) ? colour : null);

/** Half a turn about z: where files lie in the world that nothing says anything of. */
const halfTurn: Quaternion = [0, 0, 0, 1];

export function pageSettings(
  edits: readonly EditOperation[],
  shown: ShownView | null,
  said: Pick<PageSettings, 'title' | 'language' | 'words'>,
): PageSettings {
  const { orient, startView, background, hotspots } = editedSettings(edits);
  const camera = startView
    ? { 'camera-orbit': startView.orbit, 'camera-target': startView.target, 'field-of-view': startView.fieldOfView }
    : shown && { 'camera-orbit': shown.cameraOrbit, 'camera-target': shown.cameraTarget, 'field-of-view': shown.fieldOfView };
  const placement: Placement = orient ?? { rotation: shown?.worldFromFile ?? halfTurn, offset: [0, 0, 0] };
  return {
    ...said,
    attributes: { ...(!orient && shown && { orientation: shown.orientation }), ...camera },
    background: hexColour(background) ?? hexColour(shown?.background),
    hotspots: hotspots.map((hotspot) => placed(hotspot, placement)),
  };
}
