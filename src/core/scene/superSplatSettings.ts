/**
 * SuperSplat's settings.json as scene settings: start camera, background, annotations. Its world is ours (PLY files turned by 180 degrees
 * about z), so points are taken as they are. Read from version 2, and from the version before it, which has no number, one camera and no
 * annotations. Schema: @playcanvas/supersplat-viewer, settings version 2 (November 2026).
 * Invariant: what has no counterpart here is named in a warning.
 */
import * as read from './sceneSettingsRead.ts';
import { type SceneCamera, type SceneHotspot, type SceneSettings, emptySceneSettings } from './sceneSettingsTypes.ts';

/** Names that ours never has at its top; before version 2, a background that is an object, which ours never is. */
export function isSuperSplatSettings(json: object): boolean {
  if ('schema' in json) return false;
  const { version, background } = json as Record<string, unknown>;
  if (['cameras', 'postEffectSettings', 'animTracks'].some((name) => Object.hasOwn(json, name))) return true;
  return version === undefined && typeof background === 'object' && background !== null && !Array.isArray(background);
}

/** Its angle is that of the longer side; ours of the shorter. Exact on a 16:9 canvas, which it was most likely framed for. */
const shorterSideDeg = (longerDeg: number) => (2 * Math.atan((Math.tan((longerDeg * Math.PI) / 360) * 9) / 16) * 180) / Math.PI;

const pose = (value: unknown, path: string, notes: read.Notes): SceneCamera | null => {
  const from = read.fieldsOf(read.record(value, path, notes), path, notes, ['position', 'target', 'fov', 'startAnim', 'animTrack']);
  const position = from('position', read.vector3, null);
  const target = from('target', read.vector3, null);
  const fov = from('fov', read.numberIn(0, 179), null);
  if (!position || !target || position.every((coordinate, axis) => coordinate === target[axis])) return null;
  return { position, target, fovDeg: fov ? shorterSideDeg(fov) : null };
};

const camera = (value: unknown, path: string, notes: read.Notes): SceneCamera | null =>
  read.fieldsOf(read.record(value, path, notes), path, notes, ['initial'])('initial', pose, null);

const annotation = (value: unknown, path: string, notes: read.Notes): Omit<SceneHotspot, 'id'> => {
  const from = read.fieldsOf(read.record(value, path, notes), path, notes, ['position', 'title', 'text', 'camera', 'extras']);
  const position = from('position', read.vector3, null);
  if (!position) notes.errors.push(`${path} needs a position`);
  return {
    position: position ?? [0, 0, 0],
    normal: null,
    title: from('title', read.text, ''),
    text: from('text', read.text, ''),
    camera: from('camera', camera, null),
  };
};

const background = (value: unknown, path: string, notes: read.Notes): SceneSettings['background'] =>
  read.fieldsOf(read.record(value, path, notes), path, notes, ['color'])('color', read.colour, null);

const isOn = (value: unknown) => typeof value === 'object' && value !== null && (value as { enabled?: unknown }).enabled === true;

/** Names of what this viewer does not show; defaults that change nothing are passed over in silence. */
function warnOfTheRest(json: Record<string, unknown>, notes: read.Notes): void {
  const ignored = (what: string) => notes.warnings.push(`${what} has no counterpart here and was ignored`);
  const effects = Object.entries(json['postEffectSettings'] ?? {}).filter(([, effect]) => isOn(effect));
  for (const [name] of effects) ignored(`postEffectSettings.${name}`);
  if (!['none', 'linear', undefined].includes(json['tonemapping'] as string | undefined)) ignored('tonemapping');
  if (Array.isArray(json['animTracks']) && json['animTracks'].length > 0) ignored('animTracks');
  if (json['soundUrl'] !== undefined) ignored('soundUrl');
  if (Array.isArray(json['cameras']) && json['cameras'].length > 1) ignored('cameras after the first');
}

const known = ['version', 'tonemapping', 'highPrecisionRendering', 'soundUrl', 'background', 'postEffectSettings', 'animTracks'];

/**
 * @param json SuperSplat's settings
 * @param notes errors name fields that are there and unusable; a version that is not known is one
 */
export function readSuperSplatSettings(json: object, notes: read.Notes): SceneSettings {
  const fields = json as Record<string, unknown>;
  const from = read.fieldsOf(json, '', notes, [...known, 'camera', 'cameras', 'annotations', 'startMode']);
  if (fields['version'] !== undefined && fields['version'] !== 2) notes.errors.push('version of SuperSplat settings must be 2 or absent');
  warnOfTheRest(fields, notes);
  const cameras = from('cameras', read.list(camera, 1000), []);
  const annotations = from('annotations', read.list(annotation, 1000), []);
  return {
    ...emptySceneSettings(),
    camera: cameras[0] ?? from('camera', pose, null),
    background: from('background', background, null),
    hotspots: annotations.map((one, index) => ({ id: String(index + 1), ...one })),
  };
}
