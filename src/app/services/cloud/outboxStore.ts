/**
 * Where the outbox's entries lie: in the database's store `outbox`, or in memory where there is no database.
 * Invariant: `change` reads and writes in one transaction, so that two tabs never undo each other's news.
 */
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

/** What is used of an open database. */
export interface OutboxDatabase {
  transaction(
    store: 'outbox',
    mode: 'readonly' | 'readwrite',
  ): {
    store: {
      getAll(): Promise<{ id: string; data: unknown }[]>;
      get(id: string): Promise<{ id: string; data: unknown } | undefined>;
      put?: ((entry: OutboxEntry) => Promise<unknown>) | undefined;
      delete?: ((id: string) => Promise<unknown>) | undefined;
    };
    done: Promise<unknown>;
  };
}

/** The outbox in the database; opened when it is first needed. Rejects when the database cannot be opened or is full. */
export function databaseOutbox(open: () => Promise<OutboxDatabase>): OutboxStore {
  let opened: Promise<OutboxDatabase> | null = null;
  const transaction = async (mode: 'readonly' | 'readwrite') => {
    opened ??= open();
    opened.catch(() => (opened = null));
    return (await opened).transaction('outbox', mode);
  };
  return {
    all: async () => (await (await transaction('readonly')).store.getAll()) as OutboxEntry[],
    get: async (id) => ((await (await transaction('readonly')).store.get(id)) as OutboxEntry | undefined) ?? null,
    async put(entry) {
      const { store, done } = await transaction('readwrite');
      await Promise.all([store.put?.(entry), done]);
    },
    async change(id, next) {
      const { store, done } = await transaction('readwrite');
      const before = (await store.get(id)) as OutboxEntry | undefined;
      const after = before ? next(before) : null;
      if (after && after !== before) await store.put?.(after);
      await done;
      return after;
    },
    async remove(id) {
      const { store, done } = await transaction('readwrite');
      await Promise.all([store.delete?.(id), done]);
    },
  };
}
