/**
 * Where in the journey the person is, as the part of the address after '#': so that back, reload and bookmarks work.
 * Invariant: every place has one address, and every address leads to a place; what cannot be read leads home.
 */
import type { Project } from '../../core/project/project.ts';

/** The rooms of one project. */
export type ProjectRoom = 'check' | 'run' | 'view';

export type Place =
  | { name: 'home' }
  | { name: 'camera' }
  | { name: 'storage' }
  /** What the cloud has of the person. */
  | { name: 'cloud' }
  /** Files from another program's share menu wait to be taken. */
  | { name: 'shared' }
  /** `room` null: the one the project has come to. */
  | { name: 'project'; id: string; room: ProjectRoom | null };

const rooms: readonly string[] = ['check', 'run', 'view'] satisfies ProjectRoom[];

export function placeOf(hash: string): Place {
  const [first = '', id = '', room = ''] = hash.replace(/^#?\/?/, '').split('/');
  if (first === 'camera' || first === 'storage' || first === 'cloud' || first === 'shared') return { name: first };
  if (first !== 'p' || !/^[\w-]+$/.test(id)) return { name: 'home' };
  return { name: 'project', id, room: rooms.includes(room) ? (room as ProjectRoom) : null };
}

export function addressOf(place: Place): string {
  if (place.name === 'home') return '#/';
  if (place.name !== 'project') return `#/${place.name}`;
  return `#/p/${place.id}${place.room ? `/${place.room}` : ''}`;
}

/** The room where a project is taken up again. */
export function roomFor({ state, splatFile }: Project): ProjectRoom {
  if (splatFile !== null || state === 'trained') return 'view';
  return state === 'solved' || state === 'training' ? 'run' : 'check';
}
