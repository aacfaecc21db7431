/**
 * Edits as bytes of an archive, and back.
 * Invariant: an operation that comes back has the shape its kind asks for; any other is left out and the rest stays.
 */
import type { EditHistory, EditOperation } from '../scene/edit/operations.ts';
import { packValue, unpackValue } from './packedValue.ts';
import { sealOf, unsealed } from './sealed.ts';

type Loose = Record<string, unknown>;

const isObject = (value: unknown): value is Loose => typeof value === 'object' && value !== null;
const isText = (value: unknown): value is string => typeof value === 'string';
const isNumber = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value);
const isNumbers = (value: unknown, length: number): boolean => Array.isArray(value) && value.length === length && value.every(isNumber);

const isHotspot = (value: unknown): boolean =>
  isObject(value) &&
  isText(value['id']) &&
  isText(value['text']) &&
  isNumbers(value['position'], 3) &&
  (value['normal'] === null || isNumbers(value['normal'], 3));

const isView = (value: unknown): boolean =>
  value === null || (isObject(value) && isText(value['orbit']) && isText(value['target']) && isText(value['fieldOfView']));

const shapes: Record<EditOperation['kind'], (operation: Loose) => boolean> = {
  'crop-box': ({ box }) => isObject(box) && isNumbers(box['centre'], 3) && isNumbers(box['half'], 3) && isNumbers(box['axes'], 4),
  'crop-sphere': ({ sphere }) => isObject(sphere) && isNumbers(sphere['centre'], 3) && isNumber(sphere['radius']),
  delete: ({ splats, count }) => splats instanceof Uint8Array && isNumber(count),
  floaters: ({ strength }) => isNumber(strength),
  orient: ({ rotation, offset }) => isNumbers(rotation, 4) && isNumbers(offset, 3),
  'start-view': ({ view }) => isView(view),
  background: ({ colour }) => isText(colour) && /^#[0-9a-f]{6}$/i.test(colour),
  hotspot: ({ hotspot }) => isHotspot(hotspot),
  'remove-hotspot': ({ id }) => isText(id),
};

const isOperation = (value: unknown): value is EditOperation =>
  isObject(value) && isText(value['kind']) && Object.hasOwn(shapes, value['kind']) && shapes[value['kind'] as EditOperation['kind']](value);

const operationsOf = (value: unknown): EditOperation[] => (Array.isArray(value) ? value.filter(isOperation) : []);

/** The sealed bytes of a history, in parts. */
export function packHistory(history: EditHistory): Uint8Array[] {
  const parts = packValue(history);
  return [sealOf(parts), ...parts];
}

/** The history in the bytes; null when they are damaged. */
export function unpackHistory(bytes: Uint8Array): EditHistory | null {
  const content = unsealed(bytes);
  const value = content && unpackValue(content);
  return isObject(value) ? { done: operationsOf(value['done']), undone: operationsOf(value['undone']) } : null;
}
