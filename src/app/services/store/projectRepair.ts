/**
 * Project records as they come from storage, an archive or an older version, made whole.
 * Invariant: nothing that can be read is thrown away; what is missing or of the wrong kind gets the value of a new project.
 */
import { type Project, type ProjectFile, type ProjectPhoto, defaultProjectOptions } from '../../../core/project/project.ts';

type Loose = Record<string, unknown>;
const isObject = (value: unknown): value is Loose => typeof value === 'object' && value !== null && !Array.isArray(value);
const textOr = (value: unknown, other: string): string => (typeof value === 'string' ? value : other);
const numberOr = <T>(value: unknown, other: T): number | T => (typeof value === 'number' ? value : other);
const oneOf = <T extends string>(value: unknown, all: readonly T[], other: T): T => all.find((each) => each === value) ?? other;
const whole = (value: unknown): number | null => (Number.isInteger(value) ? (value as number) : null);

const sources = ['photos', 'video', 'camera', 'sample', 'dataset', 'splats'] as const;
const states = ['empty', 'checked', 'solved', 'training', 'trained'] as const;
const reasons = ['blurry', 'duplicate', 'too-dark', 'too-bright', 'unreadable', 'by-hand'] as const;

/** A name of a file inside a project's folder, nothing that leads out of it. */
const isFileName = (value: unknown): value is string => typeof value === 'string' && /^[\w][\w.-]*$/.test(value);

/** Of a photo that could not be opened no file is kept; it is listed, so that it can be seen what became of it. */
const hasNoFile = (photo: Loose): boolean => photo['file'] === '' && photo['reason'] === 'unreadable';

function photoFrom(value: unknown): ProjectPhoto[] {
  if (!isObject(value) || !(isFileName(value['file']) || hasNoFile(value))) return [];
  const p = value;
  return [
    {
      id: textOr(p['id'], ''),
      name: textOr(p['name'], p['file'] as string),
      file: p['file'] as string,
      sizeBytes: numberOr(p['sizeBytes'], 0),
      widthPx: numberOr(p['widthPx'], 0),
      heightPx: numberOr(p['heightPx'], 0),
      takenMs: numberOr(p['takenMs'], null),
      focalPx: numberOr(p['focalPx'], null),
      cameraName: typeof p['cameraName'] === 'string' ? p['cameraName'] : null,
      sharpness: numberOr(p['sharpness'], NaN),
      relativeSharpness: numberOr(p['relativeSharpness'], 1),
      exposure: numberOr(p['exposure'], 0.5),
      clippedDark: numberOr(p['clippedDark'], 0),
      clippedBright: numberOr(p['clippedBright'], 0),
      keep: p['keep'] !== false,
      reason: reasons.find((each) => each === p['reason']) ?? null,
      ...(typeof p['duplicateOf'] === 'string' ? { duplicateOf: p['duplicateOf'] } : {}),
    },
  ];
}

function fileFrom(value: unknown): ProjectFile[] {
  if (!isObject(value) || !isFileName(value['file'])) return [];
  return [{ path: textOr(value['path'], value['file']), file: value['file'], sizeBytes: numberOr(value['sizeBytes'], 0) }];
}

const listOf = <T>(value: unknown, read: (each: unknown) => T[]): T[] => (Array.isArray(value) ? value.flatMap(read) : []);

function optionsFrom(value: unknown): Project['options'] {
  const o = isObject(value) ? value : {};
  return {
    preset: oneOf(o['preset'], ['preview', 'full'] as const, defaultProjectOptions.preset),
    holdout: o['holdout'] === true,
    steps: whole(o['steps']),
    maxSplats: whole(o['maxSplats']),
    widthPx: whole(o['widthPx']),
  };
}

function solveFrom(value: unknown): Project['solve'] {
  if (!isObject(value)) return null;
  const count = (name: string): number => numberOr(value[name], 0);
  const leftOut = Array.isArray(value['leftOut']) ? (value['leftOut'] as NonNullable<Project['solve']>['leftOut']).filter(isObject) : [];
  return {
    photos: count('photos'),
    registered: count('registered'),
    points: count('points'),
    meanReprojectionErrorPx: count('meanReprojectionErrorPx'),
    leftOut,
  };
}

function trainingFrom(value: unknown): Project['training'] {
  if (!isObject(value)) return null;
  const count = (name: string): number => numberOr(value[name], 0);
  return {
    step: count('step'),
    totalSteps: count('totalSteps'),
    splats: count('splats'),
    heldOutPsnrDb: numberOr(value['heldOutPsnrDb'], null),
    widthPx: count('widthPx'),
    heightPx: count('heightPx'),
    adapterName: textOr(value['adapterName'], ''),
  };
}

function startFrom(value: unknown): Project['start'] {
  if (!isObject(value) || !isObject(value['lens'])) return null;
  const [orientation, orbit, target] = [value['orientation'], value['orbit'], value['target']];
  const lens = value['lens'];
  const [widthPx, heightPx, fx] = [lens['widthPx'], lens['heightPx'], lens['fx']];
  if (typeof orientation !== 'string' || typeof orbit !== 'string' || typeof target !== 'string') return null;
  if (typeof widthPx !== 'number' || typeof heightPx !== 'number' || typeof fx !== 'number') return null;
  return { orientation, orbit, target, lens: { widthPx, heightPx, fx } };
}

/** A project made of whatever is given; null when not even its id can be read. */
export function repairedProject(value: unknown): Project | null {
  if (!isObject(value) || typeof value['id'] !== 'string' || !/^[\w-]+$/.test(value['id'])) return null;
  const createdMs = numberOr(value['createdMs'], 0);
  return {
    id: value['id'],
    name: textOr(value['name'], 'splat'),
    createdMs,
    updatedMs: numberOr(value['updatedMs'], createdMs),
    source: oneOf(value['source'], sources, 'photos'),
    state: oneOf(value['state'], states, 'empty'),
    photos: listOf(value['photos'], photoFrom),
    files: listOf(value['files'], fileFrom),
    options: optionsFrom(value['options']),
    solve: solveFrom(value['solve']),
    training: trainingFrom(value['training']),
    splatFile: isFileName(value['splatFile']) ? value['splatFile'] : null,
    start: startFrom(value['start']),
    poster: value['poster'] instanceof Uint8Array ? (value['poster'] as Uint8Array<ArrayBuffer>) : null,
    bytes: numberOr(value['bytes'], 0),
  };
}
