/**
 * The projects of this device: records in the database, files in the private file system, news to every tab.
 * Invariant: two changes of one record at once are both in it afterwards; where nothing can be kept the same calls work in memory.
 */
import { type Result, fail, ok } from '../../../core/job/failure.ts';
import { type Project, type ProjectSource, defaultProjectOptions } from '../../../core/project/project.ts';
import { type EditHistory, emptyHistory } from '../../../core/scene/edit/operations.ts';
import { type AppDatabase, openDatabase } from './database.ts';
import { allProjects, projectBytes, removeProjectFolder } from './projectFiles.ts';
import { repairedProject } from './projectRepair.ts';
import { removeAllElse } from './removeAll.ts';
import { sweepFolders } from './sweep.ts';

export interface ProjectStore {
  /** False where nothing can be kept (no database or file system, a private window): everything then lives in memory. */
  readonly keeps: boolean;
  /** Newest first. */
  list(): Promise<Project[]>;
  get(id: string): Promise<Project | null>;
  create(name: string, source: ProjectSource): Promise<Project>;
  /** Changes a record in one transaction, sets `updatedMs` and tells every tab. Null when it is gone, and it stays so. */
  update(id: string, change: (project: Project) => Partial<Project>): Promise<Project | null>;
  /** The record, its edits and its files. */
  remove(id: string): Promise<void>;
  /** All projects and everything else this site keeps. */
  removeEverything(): Promise<void>;
  edits(id: string): Promise<EditHistory>;
  /** `storage-full` when there is no room. */
  saveEdits(id: string, history: EditHistory): Promise<Result<null>>;
  /** Told after every change, of this tab or another. */
  subscribe(listener: () => void): () => void;
  dispose(): void;
}

/** Rows by id; what differs between database and memory. */
interface Rows {
  all(): Promise<unknown[]>;
  get(id: string): Promise<unknown>;
  put(project: Project): Promise<void>;
  change(id: string, next: (project: Project) => Project): Promise<Project | null>;
  remove(id: string): Promise<void>;
  edits(id: string): Promise<EditHistory | null>;
  putEdits(id: string, history: EditHistory): Promise<void>;
}

function databaseRows(database: AppDatabase): Rows {
  return {
    all: () => database.getAll('projects'),
    get: (id) => database.get('projects', id),
    put: async (project) => void (await database.put('projects', project)),
    async change(id, next) {
      const transaction = database.transaction('projects', 'readwrite');
      const before = repairedProject(await transaction.store.get(id));
      const after = before && next(before);
      if (after) await transaction.store.put(after);
      await transaction.done;
      return after;
    },
    async remove(id) {
      const transaction = database.transaction(['projects', 'edits'], 'readwrite');
      await Promise.all([transaction.objectStore('projects').delete(id), transaction.objectStore('edits').delete(id), transaction.done]);
    },
    edits: async (id) => (await database.get('edits', id))?.history ?? null,
    putEdits: async (id, history) => void (await database.put('edits', { id, history })),
  };
}

function memoryRows(): Rows {
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

const channelName = 'splat-app-projects';

function createStore(rows: Rows, keeps: boolean, close: () => void): ProjectStore {
  const listeners = new Set<() => void>();
  const channel = typeof BroadcastChannel === 'undefined' ? null : new BroadcastChannel(channelName);
  const tellHere = (): void => listeners.forEach((listener) => listener());
  if (channel) channel.onmessage = tellHere;
  const tell = (): void => {
    tellHere();
    channel?.postMessage('changed');
  };

  const list = async (): Promise<Project[]> => {
    const projects = (await rows.all()).map(repairedProject).filter((project) => project !== null);
    return projects.sort((a, b) => b.updatedMs - a.updatedMs);
  };
  const remove = async (id: string): Promise<void> => {
    // The record first: without it the files are swept at the latest at the next start.
    await rows.remove(id);
    if (keeps) await removeProjectFolder(id);
    tell();
  };

  return {
    keeps,
    list,
    get: async (id) => repairedProject(await rows.get(id)),
    async create(name, source) {
      const nowMs = Date.now();
      const facts = { source, state: 'empty', photos: [], files: [], options: defaultProjectOptions, solve: null, training: null } as const;
      const kept = { splatFile: null, start: null, poster: null, bytes: 0 };
      const project: Project = {
        id: crypto.randomUUID(),
        name,
        createdMs: nowMs,
        updatedMs: nowMs,
        ...facts,
        photos: [],
        files: [],
        ...kept,
      };
      await rows.put(project);
      tell();
      return project;
    },
    async update(id, change) {
      const after = await rows.change(id, (project) => ({ ...project, ...change(project), id, updatedMs: Date.now() }));
      tell();
      return after;
    },
    remove,
    async removeEverything() {
      for (const { id } of await list()) await remove(id);
      if (keeps) await removeAllElse();
      tell();
    },
    edits: async (id) => (await rows.edits(id).catch(() => null)) ?? emptyHistory,
    async saveEdits(id, history) {
      try {
        await rows.putEdits(id, history);
        return ok(null);
      } catch (error) {
        return fail('storage-full', `The edits could not be kept: ${error instanceof Error ? error.message : String(error)}`);
      }
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    dispose() {
      listeners.clear();
      channel?.close();
      close();
    },
  };
}

/** Sizes are what the files say: a run writes them behind the record's back. That makes no project newer. */
async function withSizes(rows: Rows, store: ProjectStore): Promise<void> {
  for (const { id, bytes } of await store.list()) {
    const now = await projectBytes(id);
    if (now !== bytes) await rows.change(id, (project) => ({ ...project, bytes: now }));
  }
}

/** Opens the store of this site. Never rejects: where nothing can be kept it is in memory. */
export async function openProjectStore(): Promise<ProjectStore> {
  const database = await openDatabase().catch(() => null);
  const folder = database && (await allProjects());
  if (!database || !folder) {
    database?.close();
    return createStore(memoryRows(), false, () => undefined);
  }
  const rows = databaseRows(database);
  const store = createStore(rows, true, () => database.close());
  const known = new Set((await store.list()).map(({ id }) => id));
  void sweepFolders(folder, known)
    .then(() => withSizes(rows, store))
    .catch(() => undefined);
  return store;
}
