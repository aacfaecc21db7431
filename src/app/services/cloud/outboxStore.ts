/**
 * Where the outbox's entries lie: in the database's store `outbox`, or in memory where there is no database.
 * Invariant: `change` reads and writes in one transaction, so that two tabs never undo each other's news.
 */
import type { AppDatabase } from '../store/database.ts';
import type { OutboxEntry } from './outboxEntry.ts';

export interface OutboxStore {
  all(): Promise<OutboxEntry[]>;
  get(id: string): Promise<OutboxEntry | null>;
  put(entry: OutboxEntry): Promise<void>;
  /** Writes what `next` makes of the entry; null when the entry is gone, which stays so. */
  change(id: string, next: (entry: OutboxEntry) => OutboxEntry): Promise<OutboxEntry | null>;
  remove(id: string): Promise<void>;
}

export function memoryOutbox(): OutboxStore {
  const entries = new Map<string, OutboxEntry>();
  return {
    all: async () => [...entries.values()],
    get: async (id) => entries.get(id) ?? null,
    put: async (entry) => void entries.set(entry.id, entry),
    async change(id, next) {
      const entry = entries.get(id);
      if (!entry) return null;
      entries.set(id, next(entry));
      return entries.get(id) ?? null;
    },
    remove: async (id) => void entries.delete(id),
  };
}

/** The outbox in the database; opened when it is first needed. Rejects when the database cannot be opened or is full. */
export function databaseOutbox(open: () => Promise<AppDatabase>): OutboxStore {
  let opened: Promise<AppDatabase> | null = null;

  /** A database that let go of a newer tab's upgrade is closed and throws; it is opened anew, once. */
  async function use<T>(work: (database: AppDatabase) => Promise<T>): Promise<T> {
    const database = await (opened ??= open());
    try {
      return await work(database);
    } catch (error) {
      opened = null;
      if (!(error instanceof DOMException && error.name === 'InvalidStateError')) throw error;
      return work(await (opened = open()));
    }
  }

  return {
    all: () => use(async (database) => (await database.getAll('outbox')) as OutboxEntry[]),
    get: (id) => use(async (database) => ((await database.get('outbox', id)) as OutboxEntry | undefined) ?? null),
    put: (entry) => use(async (database) => void (await database.put('outbox', entry))),
    remove: (id) => use((database) => database.delete('outbox', id)),
    change: (id, next) =>
      use(async (database) => {
        const { store, done } = database.transaction('outbox', 'readwrite');
        const before = (await store.get(id)) as OutboxEntry | undefined;
        const after = before ? next(before) : null;
        if (after && after !== before) await store.put(after);
        await done;
        return after;
      }),
  };
}
