/** Cache Storage in memory, and a site to fetch from. Invariant: keys are whole addresses and bodies can be read again and again. */

const base = 'https://splat.example';
const addressOf = (key: RequestInfo | URL): string => new URL(key instanceof Request ? key.url : key, base).href;

function fakeCache(): Cache {
  const kept = new Map<string, Response>();
  const cache: Partial<Cache> = {
    match: async (key) => kept.get(addressOf(key))?.clone(),
    put: async (key, response) => void kept.set(addressOf(key), response),
    delete: async (key) => kept.delete(addressOf(key)),
    keys: async () => [...kept.keys()].map((url) => new Request(url)),
  };
  return cache as Cache;
}

export function fakeCaches(): CacheStorage {
  const caches = new Map<string, Cache>();
  const storage: Partial<CacheStorage> = {
    open: async (name) => {
      const cache = caches.get(name) ?? fakeCache();
      caches.set(name, cache);
      return cache;
    },
  };
  return storage as CacheStorage;
}

export interface FakeSite {
  /** Content by path. The revision of a content is the content itself. */
  files: Map<string, string>;
  online: boolean;
  /** Paths in the order they were asked for. */
  asked: string[];
  fetch: typeof fetch;
}

/** Fetches as a browser does with `integrity`: another content than the one named is a network error. */
export function fakeSite(files: Record<string, string>): FakeSite {
  const site: FakeSite = {
    files: new Map(Object.entries(files)),
    online: true,
    asked: [],
    fetch: async (path, init) => {
      site.asked.push(path as string);
      const content = site.files.get(path as string);
      if (!site.online || (content !== undefined && content !== init?.integrity)) throw new TypeError('Failed to fetch');
      return content === undefined ? new Response('', { status: 404 }) : new Response(content);
    },
  };
  return site;
}
