/**
 * Readers of single fields of unknown JSON: each gives a usable value, and notes what was wrong under the field's path.
 * Invariant: no reader throws, and none gives a number that is not finite.
 */
import type { Triple } from './sceneSettingsTypes.ts';
import { isAllowedUrl } from './sourceUrl.ts';

export interface Notes {
  /** Fields that cannot be used: the file is refused. */
  errors: string[];
  /** Fields that were passed over. */
  warnings: string[];
}

export type Reader<T> = (value: unknown, path: string, notes: Notes) => T;

/** Text longer than this is no title or caption; it would only slow the page. */
const mostCharacters = 20_000;

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);

export const record: Reader<object> = (value, path, notes) => {
  if (isRecord(value)) return value;
  notes.errors.push(`${path} must be an object`);
  return {};
};

const isFiniteNumber = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value);

/** A finite number between two bounds, both allowed. */
export const numberIn =
  (low: number, high: number): Reader<number> =>
  (value, path, notes) => {
    if (isFiniteNumber(value) && value >= low && value <= high) return value;
    notes.errors.push(`${path} must be a number from ${low} to ${high}`);
    return low;
  };

export const wholeNumber: Reader<number> = (value, path, notes) => {
  if (Number.isSafeInteger(value) && (value as number) >= 0) return value as number;
  notes.errors.push(`${path} must be a whole number, 0 or more`);
  return 0;
};

const isNumbers = (value: unknown, ...lengths: number[]): value is number[] =>
  Array.isArray(value) && lengths.includes(value.length) && value.every(isFiniteNumber);

export const vector3: Reader<Triple> = (value, path, notes) => {
  if (isNumbers(value, 3)) return [value[0], value[1], value[2]];
  notes.errors.push(`${path} must be three numbers`);
  return [0, 0, 0];
};

export const text: Reader<string> = (value, path, notes) => {
  if (typeof value === 'string' && value.length <= mostCharacters) return value;
  notes.errors.push(`${path} must be text of at most ${mostCharacters} characters`);
  return '';
};

/** A part of a slot's name. */
export const slotName: Reader<string> = (value, path, notes) => {
  if (typeof value === 'string' && /^[\w-]{1,64}$/.test(value)) return value;
  notes.errors.push(`${path} must be 1 to 64 letters, digits, - or _`);
  return '';
};

export const url: Reader<string> = (value, path, notes) => {
  if (typeof value === 'string' && isAllowedUrl(value)) return value;
  notes.errors.push(`${path} must be a relative or http(s) address`);
  return '';
};

export const oneOf =
  <T extends string>(names: readonly T[]): Reader<T> =>
  (value, path, notes) => {
    if (names.includes(value as T)) return value as T;
    notes.errors.push(`${path} must be one of ${names.join(', ')}`);
    return names[0];
  };

const hexColour = /^#(?:[0-9a-f]{3,4}|[0-9a-f]{6}|[0-9a-f]{8})$/i;

/** [r, g, b] or [r, g, b, a] from 0 to 1, "#rgb", "#rgba", "#rrggbb", "#rrggbbaa" or "transparent". */
export const colour: Reader<[number, number, number, number]> = (value, path, notes) => {
  if (value === 'transparent') return [0, 0, 0, 0];
  if (typeof value === 'string' && hexColour.test(value)) {
    const digits = value.length < 6 ? [...value.slice(1)].map((digit) => digit + digit).join('') : value.slice(1);
    const channel = (index: number) => (digits.length > 2 * index ? Number.parseInt(digits.slice(2 * index, 2 * index + 2), 16) / 255 : 1);
    return [channel(0), channel(1), channel(2), channel(3)];
  }
  if (isNumbers(value, 3, 4) && value.every((channel) => channel >= 0 && channel <= 1))
    return [value[0], value[1], value[2], value[3] ?? 1];
  notes.errors.push(`${path} must be a hex colour, "transparent", or three or four numbers from 0 to 1`);
  return [0, 0, 0, 1];
};

/** A list of at most `most` entries. */
export const list =
  <T>(entry: Reader<T>, most: number): Reader<T[]> =>
  (value, path, notes) => {
    if (Array.isArray(value) && value.length <= most) return value.map((one, index) => entry(one, `${path}[${index}]`, notes));
    notes.errors.push(`${path} must be a list of at most ${most}`);
    return [];
  };

/**
 * A reader of an object's fields by name. Absent and null fields give the fallback; fields not in `known` are warned about once.
 */
export function fieldsOf(
  fields: object,
  path: string,
  notes: Notes,
  known: readonly string[],
): <T, F>(name: string, reader: Reader<T>, fallback: F) => T | F {
  const at = (name: string) => (path === '' ? name : `${path}.${name}`);
  for (const name of Object.keys(fields)) {
    if (!known.includes(name)) notes.warnings.push(`${at(name)} is not known here and was ignored`);
  }
  return (name, reader, fallback) => {
    const value = Object.hasOwn(fields, name) ? (fields as Record<string, unknown>)[name] : undefined;
    return value === undefined || value === null ? fallback : reader(value, at(name), notes);
  };
}
