/**
 * The journey's state: where the person is, which project that is about, and the files on their way into it.
 * Invariant: the address tells the place; what is shown of a project is its record as the store has it.
 */
import type { PickedFile } from '../../../workers/protocol.ts';
import type { Project, ProjectSource } from '../../core/project/project.ts';
import { nameOfPicked } from '../features/train/pickedFiles.ts';
import type { ProjectStore } from '../services/store/projectStore.ts';
import { forgetOthers } from './projectBytes.ts';
import { type Place, type ProjectRoom, addressOf, placeOf, roomFor } from './places.ts';

export interface Journey {
  readonly store: ProjectStore;
  readonly place: Place;
  readonly projects: readonly Project[];
  /** The project of the place; null elsewhere, or when it is gone. */
  readonly project: Project | null;
  /** False until the store has answered for the first time. */
  readonly ready: boolean;
  go(place: Place): void;
  goTo(id: string, room?: ProjectRoom | null): void;
  /** A new project that takes these files, and the way into its first room. */
  begin(files: PickedFile[], source?: ProjectSource): Promise<Project>;
  /** Leaves files for the CHECK room of a project to take in. */
  hand(id: string, files: PickedFile[]): void;
  /** Files that a room has still to take in for a project; empty when there are none. They are handed out once. */
  takePending(id: string): PickedFile[];
  /** Changes a record and shows it at once. */
  change(id: string, changes: Partial<Project>): Promise<void>;
  dispose(): void;
}

export function createJourney(store: ProjectStore): Journey {
  let place = $state.raw<Place>(placeOf(location.hash));
  let projects = $state.raw<readonly Project[]>([]);
  let ready = $state(false);
  const pending: Record<string, PickedFile[]> = {};

  const show = (now: readonly Project[]): void => {
    projects = now;
    forgetOthers(projects.map(({ id }) => id));
  };
  /** Reads one after another: an older answer never comes after a newer one. */
  let reading = Promise.resolve();
  const inTurn = (read: () => Promise<void>): Promise<void> => (reading = reading.then(read, read));
  const refresh = (): Promise<void> =>
    inTurn(async () => {
      show(await store.list());
      ready = true;
    });
  /** One record anew: while photos are taken in it changes every moment, and the posters of all others would be read each time. */
  const refreshOne = (id: string): Promise<void> =>
    inTurn(async () => {
      const project = await store.get(id);
      const others = projects.filter((each) => each.id !== id);
      show(project ? [project, ...others].sort((a, b) => b.updatedMs - a.updatedMs) : others);
    });
  const onHash = (): void => void (place = placeOf(location.hash));
  const stopListening = store.subscribe((id) => void (id === null ? refresh() : refreshOne(id)));
  addEventListener('hashchange', onHash);
  void refresh();

  const go = (next: Place): void => {
    place = next;
    if (location.hash !== addressOf(next)) location.hash = addressOf(next);
  };

  return {
    store,
    get place() {
      return place;
    },
    get projects() {
      return projects;
    },
    get project() {
      const wanted = place;
      return wanted.name === 'project' ? (projects.find(({ id }) => id === wanted.id) ?? null) : null;
    },
    get ready() {
      return ready;
    },
    go,
    goTo(id, room = null) {
      const project = projects.find((each) => each.id === id);
      go({ name: 'project', id, room: room ?? (project ? roomFor(project) : null) });
    },
    async begin(files, source = 'photos') {
      const project = await store.create(nameOfPicked(files), source);
      pending[project.id] = files;
      await refresh();
      go({ name: 'project', id: project.id, room: 'check' });
      return project;
    },
    hand: (id, files) => void (pending[id] = files),
    takePending(id) {
      const files = pending[id] ?? [];
      delete pending[id];
      return files;
    },
    async change(id, changes) {
      projects = projects.map((each) => (each.id === id ? { ...each, ...changes } : each));
      await store.update(id, () => changes);
    },
    dispose() {
      removeEventListener('hashchange', onHash);
      stopListening();
    },
  };
}
