/**
 * How the exported web page shows the scene: as the edits say, and where they say nothing as the viewer shows it now.
 * Invariant: the splats in the page have the edits in them, so a turn that is one of the edits is not asked for a second time.
 */
import type { PageHotspot, PageSettings } from '../../../core/formats/htmlPage.ts';
import { type Quaternion, type Vector3, matrixOfQuaternion, rotateVector } from '../../../core/math/rotation.ts';
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

interface Placement {
  rotation: Quaternion;
  offset: Vector3;
}

type Kind = EditOperation['kind'];
type Of<K extends Kind> = Extract<EditOperation, { kind: K }>;

function lastOf<K extends Kind>(edits: readonly EditOperation[], kind: K): Of<K> | null {
  return (edits.findLast((edit) => edit.kind === kind) as Of<K> | undefined) ?? null;
}

/** Hotspots that are left, oldest first; a later one of the same id takes the place of the earlier. */
export function hotspotsOf(edits: readonly EditOperation[]): EditHotspot[] {
  const left = new Map<string, EditHotspot>();
  for (const edit of edits) {
    if (edit.kind === 'hotspot') left.set(edit.hotspot.id, edit.hotspot);
    if (edit.kind === 'remove-hotspot') left.delete(edit.id);
  }
  return [...left.values()];
}

function placed({ id, text, position, normal }: EditHotspot, { rotation, offset }: Placement): PageHotspot {
  const turn = matrixOfQuaternion(rotation);
  const [x, y, z] = rotateVector(turn, position);
  return { id, text, position: [x + offset[0], y + offset[1], z + offset[2]], normal: normal && rotateVector(turn, normal) };
}

const hexColour = (colour: string | undefined): string | null => (colour && /^#[0-9a-f]{6}$/i.test(colour) ? colour : null);

/** Half a turn about z: where files lie in the world that nothing says anything of. */
const halfTurn: Quaternion = [0, 0, 0, 1];

export function pageSettings(
  edits: readonly EditOperation[],
  shown: ShownView | null,
  said: Pick<PageSettings, 'title' | 'language' | 'words'>,
): PageSettings {
  const orient = lastOf(edits, 'orient');
  const start = lastOf(edits, 'start-view')?.view;
  const camera = start
    ? { 'camera-orbit': start.orbit, 'camera-target': start.target, 'field-of-view': start.fieldOfView }
    : shown && { 'camera-orbit': shown.cameraOrbit, 'camera-target': shown.cameraTarget, 'field-of-view': shown.fieldOfView };
  const placement: Placement = orient ?? { rotation: shown?.worldFromFile ?? halfTurn, offset: [0, 0, 0] };
  return {
    ...said,
    attributes: { ...(!orient && shown && { orientation: shown.orientation }), ...camera },
    background: hexColour(lastOf(edits, 'background')?.colour) ?? hexColour(shown?.background),
    hotspots: hotspotsOf(edits).map((hotspot) => placed(hotspot, placement)),
  };
}
