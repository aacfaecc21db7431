/**
 * Which versions are installed, and which page was opened in which.
 * Invariant: a page keeps the version it was opened in until it is gone, even when the worker is stopped and started in between; so all of
 * this lies in Cache Storage and none of it only in memory.
 */
import type { Version } from './assets.ts';

const bookName = 'splat-app-versions';
const versionKey = (id: string): string => `/version/${encodeURIComponent(id)}`;
const clientKey = (id: string): string => `/client/${encodeURIComponent(id)}`;
const clientPrefix = clientKey('');
const versionPrefix = versionKey('');

/** A page just being opened is not yet listed among the open ones. */
const openingMs = 5 * 60_000;

interface ClientRow {
  versionId: string;
  sinceMs: number;
}

export interface VersionBook {
  add(version: Version): Promise<void>;
  versions(): Promise<Version[]>;
  /** The version a page or worker was opened in; null when none was noted. */
  ofClient(clientId: string): Promise<string | null>;
  noteClient(clientId: string, versionId: string): Promise<void>;
  /** Strikes out pages that are gone and versions that nobody uses, except `own`. Returns the versions that stay. */
  sweep(own: Version, openClients: ReadonlySet<string>): Promise<Version[]>;
}

async function rows(book: Cache, prefix: string): Promise<{ id: string; request: Request }[]> {
  const all = (await book.keys()).map((request) => ({ path: new URL(request.url).pathname, request }));
  return all
    .filter(({ path }) => path.startsWith(prefix))
    .map(({ path, request }) => ({ id: decodeURIComponent(path.slice(prefix.length)), request }));
}

async function read<T>(book: Cache, key: Request | string): Promise<T | null> {
  const row = await book.match(key);
  return row ? ((await row.json()) as T) : null;
}

/** @param now the time in ms, for tests */
export function openVersionBook(storage: CacheStorage, now: () => number = Date.now): VersionBook {
  const open = (): Promise<Cache> => storage.open(bookName);
  const known = new Map<string, string>();

  async function versions(): Promise<Version[]> {
    const book = await open();
    const found = await Promise.all((await rows(book, versionPrefix)).map(({ request }) => read<Version>(book, request)));
    return found.filter((version) => version !== null);
  }

  /** The identities of the versions that pages still open were opened in. */
  async function usedVersions(book: Cache, openClients: ReadonlySet<string>): Promise<Set<string>> {
    const used = new Set<string>();
    for (const { id, request } of await rows(book, clientPrefix)) {
      const row = await read<ClientRow>(book, request);
      if (row && (openClients.has(id) || now() - row.sinceMs < openingMs)) used.add(row.versionId);
      else {
        known.delete(id);
        await book.delete(request);
      }
    }
    return used;
  }

  return {
    versions,
    add: async (version) => (await open()).put(versionKey(version.id), Response.json(version)),
    async ofClient(clientId) {
      const versionId = known.get(clientId) ?? (await read<ClientRow>(await open(), clientKey(clientId)))?.versionId ?? null;
      if (versionId !== null) known.set(clientId, versionId);
      return versionId;
    },
    async noteClient(clientId, versionId) {
      known.set(clientId, versionId);
      await (await open()).put(clientKey(clientId), Response.json({ versionId, sinceMs: now() } satisfies ClientRow));
    },
    async sweep(own, openClients) {
      const book = await open();
      const used = await usedVersions(book, openClients);
      const all = await versions();
      const isKept = ({ id }: Version): boolean => id === own.id || used.has(id);
      for (const version of all) if (!isKept(version)) await book.delete(versionKey(version.id));
      return [own, ...all.filter((version) => version.id !== own.id && isKept(version))];
    },
  };
}
