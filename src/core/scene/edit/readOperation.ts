/**
 * Edit operations from data of unknown origin, field by field.
 * Invariant: what comes back is an operation of exactly the fields its kind has, every number finite; anything else gives null.
 */
import { type Quaternion, type Vector3, unitQuaternion } from '../../math/rotation.ts';
import { countBits } from './bits.ts';
import type { EditHotspot, EditOperation, StartView } from './operations.ts';

type Loose = Record<string, unknown>;

const isObject = (value: unknown): value is Loose => typeof value === 'object' && value !== null;
const isText = (value: unknown): value is string => typeof value === 'string';
const isNumber = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value);
const isNumbers = (value: unknown, length: number): value is number[] =>
  Array.isArray(value) && value.length === length && value.every(isNumber);

const vectorOf = (value: unknown): Vector3 | null => (isNumbers(value, 3) ? [value[0], value[1], value[2]] : null);

/** As it stands, since a quaternion made unit again may differ in its last bit; one without a direction is none. */
function quaternionOf(value: unknown): Quaternion | null {
  if (!isNumbers(value, 4)) return null;
  const q: Quaternion = [value[0], value[1], value[2], value[3]];
  return unitQuaternion(q) && q;
}

function hotspotOf(value: unknown): EditHotspot | null {
  if (!isObject(value) || !isText(value['id']) || !isText(value['text'])) return null;
  const [position, normal] = [vectorOf(value['position']), vectorOf(value['normal'])];
  return position && { id: value['id'], text: value['text'], position, normal };
}

function viewOf(value: unknown): StartView | null {
  if (!isObject(value)) return null;
  const { orbit, target, fieldOfView } = value;
  return isText(orbit) && isText(target) && isText(fieldOfView) ? { orbit, target, fieldOfView } : null;
}

type Readers = { [K in EditOperation['kind']]: (fields: Loose) => Extract<EditOperation, { kind: K }> | null };

const readers: Readers = {
  'crop-box'({ box }) {
    if (!isObject(box)) return null;
    const [centre, half, axes] = [vectorOf(box['centre']), vectorOf(box['half']), quaternionOf(box['axes'])];
    return centre && half && axes && { kind: 'crop-box', box: { centre, half, axes } };
  },
  'crop-sphere'({ sphere }) {
    const centre = isObject(sphere) && vectorOf(sphere['centre']);
    if (!centre || !isNumber(sphere['radius'])) return null;
    return { kind: 'crop-sphere', sphere: { centre, radius: sphere['radius'] } };
  },
  delete({ splats }) {
    // The count is taken again: it is what the bits say.
    return splats instanceof Uint8Array ? { kind: 'delete', splats: Uint8Array.from(splats), count: countBits(splats) } : null;
  },
  floaters: ({ strength }) => (isNumber(strength) ? { kind: 'floaters', strength: Math.min(1, Math.max(0, strength)) } : null),
  orient({ rotation, offset }) {
    const [turn, move] = [quaternionOf(rotation), vectorOf(offset)];
    return turn && move && { kind: 'orient', rotation: turn, offset: move };
  },
  'start-view'({ view }) {
    const read = viewOf(view);
    return read || view === null ? { kind: 'start-view', view: read } : null;
  },
  background: ({ colour }) => (isText(colour) && /^#[0-9a-f]{6}$/i.test(colour) ? { kind: 'background', colour } : null),
  hotspot({ hotspot }) {
    const read = hotspotOf(hotspot);
    return read && { kind: 'hotspot', hotspot: read };
  },
  'remove-hotspot': ({ id }) => (isText(id) ? { kind: 'remove-hotspot', id } : null),
};

/** The operation a value is; null when it is none. Fields that its kind does not have are left out. */
export function readOperation(value: unknown): EditOperation | null {
  if (!isObject(value) || !isText(value['kind']) || !Object.hasOwn(readers, value['kind'])) return null;
  return readers[value['kind'] as EditOperation['kind']](value);
}
