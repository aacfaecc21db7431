/**
 * The app's database: facts only, small and structured. Bytes lie in the private file system (src/core/project/layout.ts).
 * Invariant: a database of any older version opens as one of this version with nothing lost; a newer one in another tab is never held up.
 */
import { type DBSchema, type IDBPDatabase, type IDBPTransaction, openDB } from 'idb';
import type { Project } from '../../../core/project/project.ts';
import type { EditHistory } from '../../../core/scene/edit/operations.ts';

export interface OutboxEntry {
  id: string;
  projectId: string;
  state: string;
  createdMs: number;
  nextTryMs: number;
  data: unknown;
}

export interface AppSchema extends DBSchema {
  projects: { key: string; value: Project; indexes: { updatedMs: number } };
  edits: { key: string; value: { id: string; history: EditHistory } };
  settings: { key: string; value: { key: string; value: unknown } };
  outbox: { key: string; value: OutboxEntry; indexes: { projectId: string } };
}

export type AppDatabase = IDBPDatabase<AppSchema>;
type Upgrade = (
  database: AppDatabase,
  change: IDBPTransaction<AppSchema, ('projects' | 'edits' | 'settings' | 'outbox')[], 'versionchange'>,
) => void;

export const databaseName = 'splat-app';

/** The n-th takes a database from version n to n + 1. Add at the end; never change one that was shipped. */
export const migrations: readonly Upgrade[] = [
  (database) => {
    database.createObjectStore('projects', { keyPath: 'id' }).createIndex('updatedMs', 'updatedMs');
    database.createObjectStore('edits', { keyPath: 'id' });
  },
  (database) => {
    database.createObjectStore('settings', { keyPath: 'key' });
    database.createObjectStore('outbox', { keyPath: 'id' }).createIndex('projectId', 'projectId');
  },
];

/** How long a tab that does not let go of an older version is waited for. */
const patienceMs = 4000;

const late = (waitMs: number): Promise<'late'> => new Promise((resolve) => setTimeout(() => resolve('late'), waitMs));

/**
 * Opens the database, or the first `version` versions of it. `onClosed` when the browser or a newer version ended the connection. Rejects
 * where the browser has none or refuses it, where another tab has a newer version, and where one does not let go of an older one.
 */
export async function openDatabase(
  version = migrations.length,
  onClosed: () => void = () => undefined,
  waitMs = patienceMs,
): Promise<AppDatabase> {
  let isBlocked = (): void => undefined;
  const blocked = new Promise<void>((resolve) => (isBlocked = resolve));
  const opening = openDB<AppSchema>(databaseName, version, {
    upgrade(opened, from, to, change) {
      for (const migrate of migrations.slice(from, to ?? version)) migrate(opened, change);
    },
    blocked: () => isBlocked(),
    // A newer version in another tab: this one lets go.
    blocking(_current, _blocked, event) {
      (event.target as IDBDatabase).close();
      onClosed();
    },
    terminated: onClosed,
  });
  const first = await Promise.race([opening, blocked.then(() => late(waitMs))]);
  if (first !== 'late') return first;
  void opening.then((database) => database.close()).catch(() => undefined);
  throw new DOMException('Another tab holds an older version of the database.', 'TimeoutError');
}

export interface Connection {
  /** The database, opened anew when it was closed meanwhile. Rejects as openDatabase() does. */
  get(): Promise<AppDatabase>;
  close(): void;
}

/** One connection for as long as it is needed. */
export function createConnection(): Connection {
  let open: Promise<AppDatabase> | null = null;
  const forget = (): void => void (open = null);
  return {
    get() {
      if (open) return open;
      const opening = openDatabase(migrations.length, forget);
      open = opening;
      opening.catch(() => open === opening && forget());
      return opening;
    },
    close() {
      void open?.then((database) => database.close()).catch(() => undefined);
      forget();
    },
  };
}

/** Does one thing with a connection of its own. */
export async function withDatabase<T>(work: (database: AppDatabase) => Promise<T>): Promise<T> {
  const database = await openDatabase();
  try {
    return await work(database);
  } finally {
    database.close();
  }
}
