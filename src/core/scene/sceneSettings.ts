/**
 * scene.json: everything a page needs to show one scene as its author meant it. Written by hand or by the app, read by the viewer, which
 * is why reading it needs no package.
 * Lengths and points are in world space (right-handed, y up: a PLY file turned by 180 degrees about z); angles are degrees in the file.
 * Invariant: parseSceneSettings(JSON of writeSceneSettings(s)) gives s again; reading never throws, whatever the JSON holds.
 */
import { type Result, fail, ok } from '../job/failure.ts';
import { fileFormats, sortedBySize } from './sceneSettingsFiles.ts';
import { migrate, sceneMigrations } from './sceneSettingsMigrate.ts';
import { cameraOf } from './sceneSettingsOrbit.ts';
import * as read from './sceneSettingsRead.ts';
import { isSuperSplatSettings, readSuperSplatSettings } from './superSplatSettings.ts';
import {
  type SceneCamera,
  type SceneFile,
  type SceneHotspot,
  type SceneSettings,
  type Triple,
  currentVersion,
} from './sceneSettingsTypes.ts';

export interface ParsedScene {
  settings: SceneSettings;
  /** What was in the file and is not used, one sentence each. */
  warnings: string[];
}

const camera = (value: unknown, path: string, notes: read.Notes): SceneCamera => {
  const fields = read.record(value, path, notes);
  const from = read.fieldsOf(fields, path, notes, ['position', 'target', 'orbit', 'fov']);
  const target = from<Triple, Triple>('target', read.vector3, [0, 0, 0]);
  const orbit = from('orbit', read.vector3, null);
  const position = from('position', read.vector3, null) ?? (orbit && onOrbit(target, orbit, `${path}.orbit`, notes));
  const fovDeg = from('fov', read.numberIn(1, 170), null);
  if (!position && value !== null) notes.errors.push(`${path} needs a position or an orbit`);
  else if (position?.every((coordinate, axis) => coordinate === target[axis])) notes.errors.push(`${path} looks from its own target`);
  return { position: position ?? [0, 0, 1], target, fovDeg };
};

/** Orbit [theta in degrees, phi in degrees, radius] about the target, in the terms of the element's `camera-orbit`. */
function onOrbit(target: Triple, orbit: Triple, path: string, notes: read.Notes): Triple {
  const [theta, phi, radius] = [(orbit[0] * Math.PI) / 180, (orbit[1] * Math.PI) / 180, orbit[2]];
  if (!(radius > 0)) notes.errors.push(`${path}[2], the radius, must be more than 0`);
  return cameraOf({ target, theta, phi, radius, fov: null }).position;
}

const crop = (value: unknown, path: string, notes: read.Notes): NonNullable<SceneSettings['crop']> => {
  const from = read.fieldsOf(read.record(value, path, notes), path, notes, ['low', 'high']);
  const low = from('low', read.vector3, null);
  const high = from('high', read.vector3, null);
  if (!low || !high) notes.errors.push(`${path} needs low and high`);
  else if (low.some((coordinate, axis) => coordinate >= high[axis]))
    notes.errors.push(`${path}.low must be below ${path}.high on every axis`);
  return { low: low ?? [0, 0, 0], high: high ?? [1, 1, 1] };
};

const hotspot = (value: unknown, path: string, notes: read.Notes): SceneHotspot => {
  const from = read.fieldsOf(read.record(value, path, notes), path, notes, ['id', 'position', 'normal', 'title', 'text', 'camera']);
  const position = from('position', read.vector3, null);
  if (!position) notes.errors.push(`${path} needs a position`);
  return {
    id: from('id', read.slotName, ''),
    position: position ?? [0, 0, 0],
    normal: from('normal', read.vector3, null),
    title: from('title', read.text, ''),
    text: from('text', read.text, ''),
    camera: from('camera', camera, null),
  };
};

const file = (value: unknown, path: string, notes: read.Notes): SceneFile => {
  const from = read.fieldsOf(read.record(value, path, notes), path, notes, ['url', 'splats', 'bytes', 'format']);
  const url = from('url', read.url, null);
  if (url === null) notes.errors.push(`${path} needs a url`);
  return {
    url: url ?? '',
    splats: from('splats', read.wholeNumber, null),
    bytes: from('bytes', read.wholeNumber, null),
    format: from('format', read.oneOf(fileFormats), null),
  };
};

/** Hotspots without an id get their place in the list; two alike are an error, because a slot's name tells them apart. */
function withIds(hotspots: SceneHotspot[], notes: read.Notes): SceneHotspot[] {
  const seen = new Set<string>();
  return hotspots.map((one, index) => {
    const id = one.id || String(index + 1);
    if (seen.has(id)) notes.errors.push(`hotspots[${index}].id "${id}" is there twice`);
    seen.add(id);
    return { ...one, id };
  });
}

const known = [
  'schema',
  'version',
  'title',
  'attribution',
  'poster',
  'files',
  'orientation',
  'camera',
  'crop',
  'background',
  'exposure',
  'hotspots',
];

function readCurrent(json: object, notes: read.Notes): SceneSettings {
  const from = read.fieldsOf(json, '', notes, known);
  return {
    version: currentVersion,
    title: from('title', read.text, null),
    attribution: from('attribution', read.text, null),
    poster: from('poster', read.url, null),
    files: sortedBySize(from('files', read.list(file, 100), [])),
    orientationDeg: from('orientation', read.vector3, [0, 0, 0]),
    camera: from('camera', camera, null),
    crop: from('crop', crop, null),
    background: from('background', read.colour, null),
    exposure: from('exposure', read.numberIn(0, 100), 1),
    hotspots: withIds(from('hotspots', read.list(hotspot, 1000), []), notes),
  };
}

/**
 * Reads scene settings of any version of ours, or SuperSplat's settings.json (version 2, and the one before it that has no number).
 * @param json what JSON.parse gave, or anything else
 * @returns the settings in the current version with what was passed over; `bad-file` naming every field that cannot be used
 */
export function parseSceneSettings(json: unknown): Result<ParsedScene> {
  if (typeof json !== 'object' || json === null || Array.isArray(json))
    return fail('bad-file', 'The scene settings are not a JSON object.');
  const notes: read.Notes = { errors: [], warnings: [] };
  if (isSuperSplatSettings(json)) {
    const settings = readSuperSplatSettings(json, notes);
    return finished(settings, notes);
  }
  const schema = (json as { schema?: unknown }).schema;
  if (schema !== undefined && schema !== 'splat-scene')
    return fail('bad-file', 'The scene settings are of another schema than "splat-scene".');
  const migrated = migrate(json, sceneMigrations, currentVersion);
  if (!migrated.ok) return migrated;
  return finished(readCurrent(migrated.value, notes), notes);
}

function finished(settings: SceneSettings, { errors, warnings }: read.Notes): Result<ParsedScene> {
  if (errors.length === 0) return ok({ settings, warnings });
  const more = errors.length > 3 ? `, and ${errors.length - 3} more` : '';
  return fail('bad-file', `Scene settings: ${errors.slice(0, 3).join('; ')}${more}.`);
}

/** The same as text, for parseSceneSettings: `bad-file` where it is not JSON. */
export function parseSceneSettingsText(text: string): Result<ParsedScene> {
  try {
    return parseSceneSettings(JSON.parse(text));
  } catch {
    return fail('bad-file', 'The scene settings are not JSON.');
  }
}

const cameraJson = ({ position, target, fovDeg }: SceneCamera) => ({ position, target, ...(fovDeg === null ? {} : { fov: fovDeg }) });

/** The object to hand to JSON.stringify: what is absent or the default is left out. */
export function writeSceneSettings(settings: SceneSettings): Record<string, unknown> {
  const { title, attribution, poster, files, orientationDeg, camera: start, crop: box, background, exposure, hotspots } = settings;
  return withoutNulls({
    schema: 'splat-scene',
    version: currentVersion,
    title,
    attribution,
    poster,
    files: files.map((one) => withoutNulls({ ...one })),
    orientation: orientationDeg.some((angle) => angle !== 0) ? orientationDeg : null,
    camera: start && cameraJson(start),
    crop: box,
    background,
    exposure: exposure === 1 ? null : exposure,
    hotspots: hotspots.length === 0 ? null : hotspots.map((one) => withoutNulls({ ...one, camera: one.camera && cameraJson(one.camera) })),
  });
}

const withoutNulls = (fields: Record<string, unknown>) => Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null));
