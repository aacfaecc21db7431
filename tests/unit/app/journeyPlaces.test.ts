/** Addresses and rooms: each place has one address that leads back to it, and what cannot be read leads home. */
import { describe, expect, test } from 'vitest';
import { type Place, addressOf, placeOf, roomFor } from '../../../src/app/journey/places.ts';
import type { Project, ProjectState } from '../../../src/core/project/project.ts';

const id = '9ca1794c-6d67-4010-8d28-ae23bb7403cb';
const places: Place[] = [
  { name: 'home' },
  { name: 'camera' },
  { name: 'storage' },
  { name: 'cloud' },
  { name: 'shared' },
  { name: 'project', id, room: null },
  { name: 'project', id, room: 'check' },
  { name: 'project', id, room: 'run' },
  { name: 'project', id, room: 'view' },
];

describe('places', () => {
  test.each(places.map((place) => [addressOf(place), place] as const))('%s leads back to its place', (address, place) => {
    expect(placeOf(address)).toEqual(place);
  });

  test('no two places share an address', () => {
    expect(new Set(places.map(addressOf)).size).toBe(places.length);
  });

  test.each(['', '#', '#/', '#/nowhere', '#/p', '#/p/', '#/p/../x', '#/p/a%2fb', '#/P/a', '#content', '#/p/a b'])(
    '%j leads home',
    (hash) => {
      expect(placeOf(hash)).toEqual({ name: 'home' });
    },
  );

  test('a room that there is not is the one the project has come to', () => {
    expect(placeOf(`#/p/${id}/attic`)).toEqual({ name: 'project', id, room: null });
    expect(placeOf(`p/${id}`)).toEqual({ name: 'project', id, room: null });
  });
});

describe('the room a project is taken up in', () => {
  const at = (state: ProjectState, splatFile: string | null = null): Project => ({ state, splatFile }) as Project;

  test.each([
    ['empty', 'check'],
    ['checked', 'check'],
    ['solved', 'run'],
    ['training', 'run'],
    ['trained', 'view'],
  ] as const)('%s: %s', (state, room) => {
    expect(roomFor(at(state))).toBe(room);
  });

  test('with a splat file there is something to look at, however far it came', () => {
    expect(roomFor(at('checked', 'splats.ply'))).toBe('view');
    expect(roomFor(at('training', 'splats.ply'))).toBe('view');
  });
});
