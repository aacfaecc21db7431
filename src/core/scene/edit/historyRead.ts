/**
 * Reading one stored edit operation, field by field.
 * Invariant: what is given back has the fields of its kind and no others, every number is finite and every quaternion is unit; what cannot
 * be read is left out with a note.
 */
import type { Quaternion, Vector3 } from '../../math/rotation.ts';
import { countBits } from './bits.ts';
import type { EditHotspot, EditOperation, SplatBits, StartView } from './operations.ts';

type Fields = Record<string, unknown>;

/** Thrown inside this file only. */
class Unreadable extends Error {}

const mostCharacters = 10_000;

const fieldsOf = (value: unknown): Fields => {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Unreadable('an object is missing');
  return value as Fields;
};

function numbers(value: unknown, count: number, name: string): number[] {
  if (Array.isArray(value) && value.length === count && value.every((x) => typeof x === 'number' && Number.isFinite(x))) return value as number[]; // prettier-ignore
  throw new Unreadable(`${name} is not ${count} numbers`);
}

const vector = (value: unknown, name: string): Vector3 => numbers(value, 3, name) as Vector3;

function quaternion(value: unknown, name: string): Quaternion {
  const q = numbers(value, 4, name) as Quaternion;
  const length = Math.hypot(...q);
  if (!(length > 1e-6)) throw new Unreadable(`${name} is no rotation`);
  return Math.abs(length - 1) < 1e-9 ? q : (q.map((x) => x / length) as Quaternion);
}

function number(value: unknown, low: number, high: number, name: string): number {
  if (typeof value === 'number' && value >= low && value <= high) return value;
  throw new Unreadable(`${name} is not from ${low} to ${high}`);
}

function text(value: unknown, name: string, form = /^/): string {
  if (typeof value === 'string' && value.length <= mostCharacters && form.test(value)) return value;
  throw new Unreadable(`${name} is not such a text`);
}

const hotspotId = /^[\w-]{1,64}$/;

function hotspot(value: unknown): EditHotspot {
  const { id, text: caption, position, normal } = fieldsOf(value);
  return {
    id: text(id, 'id', hotspotId),
    text: text(caption, 'text'),
    position: vector(position, 'position'),
    normal: normal === null ? null : vector(normal, 'normal'),
  };
}

function startView(value: unknown): StartView | null {
  if (value === null) return null;
  const { orbit, target, fieldOfView } = fieldsOf(value);
  return { orbit: text(orbit, 'orbit'), target: text(target, 'target'), fieldOfView: text(fieldOfView, 'fieldOfView') };
}

function half(value: unknown): Vector3 {
  const sides = vector(value, 'half');
  if (sides.some((side) => side < 0)) throw new Unreadable('half is negative');
  return sides;
}

type Reader = (fields: Fields, bits: (value: unknown) => SplatBits | null) => EditOperation;

const readers: { [K in EditOperation['kind']]: Reader } = {
  'crop-box'({ box }) {
    const { centre, half: sides, axes } = fieldsOf(box);
    return { kind: 'crop-box', box: { centre: vector(centre, 'centre'), half: half(sides), axes: quaternion(axes, 'axes') } };
  },
  'crop-sphere'({ sphere }) {
    const { centre, radius } = fieldsOf(sphere);
    return { kind: 'crop-sphere', sphere: { centre: vector(centre, 'centre'), radius: number(radius, 0, Number.MAX_VALUE, 'radius') } };
  },
  delete({ splats: stored }, bits) {
    const splats = bits(stored);
    if (!splats) throw new Unreadable('the set of splats is not there');
    return { kind: 'delete', splats, count: countBits(splats) };
  },
  floaters: ({ strength }) => ({ kind: 'floaters', strength: number(strength, 0, 1, 'strength') }),
  orient: ({ rotation, offset }) => ({ kind: 'orient', rotation: quaternion(rotation, 'rotation'), offset: vector(offset, 'offset') }),
  'start-view': ({ view }) => ({ kind: 'start-view', view: startView(view) }),
  background: ({ colour }) => ({ kind: 'background', colour: text(colour, 'colour', /^#[0-9a-f]{6}$/i) }),
  hotspot: ({ hotspot: one }) => ({ kind: 'hotspot', hotspot: hotspot(one) }),
  'remove-hotspot': ({ id }) => ({ kind: 'remove-hotspot', id: text(id, 'id', hotspotId) }),
};

/** Reads one operation as a list of one, or of none with a note. `bits` finds the set of splats that a stored value points to. */
export function operationReader(bits: (value: unknown) => SplatBits | null, notes: string[]): (value: unknown) => EditOperation[] {
  return (value) => {
    try {
      const fields = fieldsOf(value);
      const kind = text(fields['kind'], 'kind');
      if (!Object.hasOwn(readers, kind)) throw new Unreadable(`its kind "${kind.slice(0, 40)}" is not known here`);
      return [readers[kind as EditOperation['kind']](fields, bits)];
    } catch (error) {
      if (!(error instanceof Unreadable)) throw error;
      notes.push(`An edit was left out: ${error.message}.`);
      return [];
    }
  };
}
