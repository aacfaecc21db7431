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

/** Opens the database, or the first `version` versions of it. Rejects where the browser has none or refuses it. */
export async function openDatabase(version = migrations.length): Promise<AppDatabase> {
  const database = await openDB<AppSchema>(databaseName, version, {
    upgrade(opened, from, to, change) {
      for (const migrate of migrations.slice(from, to ?? version)) migrate(opened, change);
    },
    // A newer version in another tab: this one lets go, and opens anew when it is next asked for something.
    blocking: (_current, _blocked, event) => (event.target as IDBDatabase).close(),
  });
  return database;
}
