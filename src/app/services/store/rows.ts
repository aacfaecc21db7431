/**
 * Records and edits by project, in the database or in memory.
 * Invariant: change() reads and writes in one step, so two changes of one record at once are both in it afterwards.
 */
import type { Project } from '../../../core/project/project.ts';
import type { EditHistory } from '../../../core/scene/edit/operations.ts';
import type { Connection } from './database.ts';
import { repairedProject } from './projectRepair.ts';

/** What differs between database and memory. */
export interface Rows {
  all(): Promise<unknown[]>;
  get(id: string): Promise<unknown>;
  put(project: Project): Promise<void>;
  /** Null when there is no such record; `next` may give back what it was given to leave it as it is. */
  change(id: string, next: (project: Project) => Project): Promise<Project | null>;
  remove(id: string): Promise<void>;
  edits(id: string): Promise<EditHistory | null>;
  putEdits(id: string, history: EditHistory): Promise<void>;
}

/** Rows of the database. Its calls reject where the database cannot be opened or has no room. */
export function databaseRows({ get: open }: Connection): Rows {
  return {
    all: async () => (await open()).getAll('projects'),
    get: async (id) => (await open()).get('projects', id),
    put: async (project) => void (await (await open()).put('projects', project)),
    async change(id, next) {
      const transaction = (await open()).transaction('projects', 'readwrite');
      const before = repairedProject(await transaction.store.get(id));
      const after = before && next(before);
      // Awaiting `done` with it, or a refused write is also an unhandled rejection.
      await Promise.all([after && after !== before ? transaction.store.put(after) : null, transaction.done]);
      return after;
    },
    async remove(id) {
      const transaction = (await open()).transaction(['projects', 'edits'], 'readwrite');
      await Promise.all([transaction.objectStore('projects').delete(id), transaction.objectStore('edits').delete(id), transaction.done]);
    },
    edits: async (id) => (await (await open()).get('edits', id))?.history ?? null,
    putEdits: async (id, history) => void (await (await open()).put('edits', { id, history })),
  };
}

/** Rows that last as long as the page. */
export function memoryRows(): Rows {
  const projects = new Map<string, Project>();
  const edits = new Map<string, EditHistory>();
  return {
    all: async () => [...projects.values()],
    get: async (id) => projects.get(id),
    put: async (project) => void projects.set(project.id, project),
    async change(id, next) {
      const before = projects.get(id);
      if (!before) return null;
      const after = next(before);
      projects.set(id, after);
      return after;
    },
    async remove(id) {
      projects.delete(id);
      edits.delete(id);
    },
    edits: async (id) => edits.get(id) ?? null,
    putEdits: async (id, history) => void edits.set(id, history),
  };
}
