/**
 * The projects of this device: records in the database, files in the private file system, news to every tab.
 * Invariant: two changes of one record at once are both in it afterwards; where nothing can be kept the same calls work in memory.
 */
import { type Result, fail, ok } from '../../../core/job/failure.ts';
import { type Project, type ProjectSource, defaultProjectOptions } from '../../../core/project/project.ts';
import { type EditHistory, emptyHistory } from '../../../core/scene/edit/operations.ts';
import { createConnection } from './database.ts';
import { lastingRows } from './lastingRows.ts';
import { projectRecord } from './mend.ts';
import { type ChangeListener, createNotices, tellAll } from './notices.ts';
import { allProjects, projectEntries, removeProjectFolder } from './projectFiles.ts';
import { repairedProject } from './projectRepair.ts';
import { removeAllElse } from './removeAll.ts';
import { type Rows, databaseRows, memoryRows } from './rows.ts';
import { sweepFolders, youngMs } from './sweep.ts';

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
  subscribe(listener: ChangeListener): () => void;
  dispose(): void;
}

function newProject(name: string, source: ProjectSource): Project {
  const nowMs = Date.now();
  return {
    id: crypto.randomUUID(),
    name,
    createdMs: nowMs,
    updatedMs: nowMs,
    source,
    state: 'empty',
    photos: [],
    files: [],
    options: defaultProjectOptions,
    solve: null,
    training: null,
    splatFile: null,
    start: null,
    poster: null,
    bytes: 0,
  };
}

function createStore(rows: Rows, keeps: boolean, close: () => void): ProjectStore {
  const notices = createNotices();

  const list = async (): Promise<Project[]> => {
    const projects = (await rows.all()).map(repairedProject).filter((project) => project !== null);
    return projects.sort((a, b) => b.updatedMs - a.updatedMs);
  };
  const remove = async (id: string): Promise<void> => {
    // The record first: without it the files are swept at the latest at the next start.
    await rows.remove(id);
    if (keeps) await removeProjectFolder(id);
    notices.tell(id);
  };

  return {
    keeps,
    list,
    get: async (id) => repairedProject(await rows.get(id)),
    async create(name, source) {
      const project = newProject(name, source);
      await rows.put(project);
      notices.tell(project.id);
      return project;
    },
    async update(id, change) {
      const after = await rows.change(id, (project) => ({ ...project, ...change(project), id, updatedMs: Date.now() }));
      notices.tell(id);
      return after;
    },
    remove,
    async removeEverything() {
      for (const { id } of await list()) await remove(id);
      if (keeps) await removeAllElse();
      notices.tell(null);
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
    subscribe: notices.listen,
    dispose() {
      notices.close();
      close();
    },
  };
}

/**
 * Holds every record against its files. Mending makes no project newer, and a record that was changed meanwhile is left to who changed it.
 * A record is read before its files are, so it tells of none that is still to come, unless its photos are only in another tab's memory.
 */
async function mendAll(rows: Rows, store: ProjectStore): Promise<void> {
  let mended = false;
  for (const { id, updatedMs } of await store.list()) {
    const files = await projectEntries(id);
    const allFilesThere = Date.now() - updatedMs > youngMs;
    await rows.change(id, (project) => {
      if (project.updatedMs !== updatedMs) return project;
      const after = projectRecord(project, files, { allFilesThere });
      mended ||= after !== project;
      return after;
    });
  }
  if (mended) tellAll();
}

/** Opens the store of this site. Never rejects: where nothing can be kept it is in memory. */
export async function openProjectStore(): Promise<ProjectStore> {
  const connection = createConnection();
  const database = await connection.get().catch(() => null);
  const folder = database && (await allProjects());
  if (!folder) {
    connection.close();
    return createStore(memoryRows(), false, () => undefined);
  }
  const rows = lastingRows(databaseRows(connection));
  const store = createStore(rows, true, connection.close);
  const known = new Set((await store.list()).map(({ id }) => id));
  void sweepFolders(folder, known)
    .then(() => mendAll(rows, store))
    .catch(() => undefined);
  return store;
}
