/** The cache of solving on a private file system that a test holds in memory. */
import { describe, expect, test } from 'vitest';
import { openCache } from '../../../workers/sfm/opfsCache.ts';

interface Store {
  root: FileSystemDirectoryHandle;
  files: Map<string, { bytes: Uint8Array; lastModified: number }>;
  /** Called before each write. */
  onWrite: () => void;
}

function memoryStore(): Store {
  const files: Store['files'] = new Map();
  let clock = 1;
  const handleOf = (name: string) => ({
    kind: 'file',
    name,
    getFile: async () => {
      const { bytes, lastModified } = files.get(name)!;
      return { size: bytes.length, lastModified, arrayBuffer: async () => bytes.slice().buffer };
    },
    createSyncAccessHandle: async () => ({
      truncate: (size: number) => files.set(name, { bytes: files.get(name)!.bytes.slice(0, size), lastModified: clock++ }),
      write: (data: Uint8Array, { at }: { at: number }) => {
        store.onWrite();
        const old = files.get(name)!.bytes;
        const bytes = new Uint8Array(Math.max(old.length, at + data.length));
        bytes.set(old);
        bytes.set(data, at);
        files.set(name, { bytes, lastModified: clock++ });
      },
      flush: () => undefined,
      close: () => undefined,
    }),
  });
  const folder = {
    getFileHandle: async (name: string, { create = false } = {}) => {
      if (!files.has(name) && !create) throw new Error('NotFoundError');
      if (!files.has(name)) files.set(name, { bytes: new Uint8Array(0), lastModified: clock++ });
      return handleOf(name);
    },
    removeEntry: async (name: string) => void files.delete(name),
    async *values() {
      for (const name of files.keys()) yield handleOf(name);
    },
  };
  const root = { getDirectoryHandle: async () => folder } as unknown as FileSystemDirectoryHandle;
  const store: Store = { root, files, onWrite: () => undefined };
  return store;
}

const bytes = (length: number, value: number): Uint8Array => new Uint8Array(length).fill(value);

describe('cache in the private file system', () => {
  test('gives back what was put, also after it was opened anew, and null for the rest', async () => {
    const { root } = memoryStore();
    const cache = await openCache(root, 1e6);
    await cache.put('features/A:1', bytes(9, 3));
    await cache.put('empty', bytes(0, 0));
    const again = await openCache(root, 1e6);
    expect(await again.get('features/A:1')).toEqual(bytes(9, 3));
    expect(await again.get('empty')).toEqual(bytes(0, 0));
    expect(await again.get('features/a:1')).toBeNull();
  });

  test('an entry that was cut short or altered is null', async () => {
    const { root, files } = memoryStore();
    const cache = await openCache(root, 1e6);
    await cache.put('a', bytes(50, 1));
    const [[name, whole]] = files;
    files.set(name, { ...whole, bytes: whole.bytes.slice(0, 40) });
    expect(await cache.get('a')).toBeNull();
    files.set(name, { ...whole, bytes: whole.bytes.map((b, i) => (i === 30 ? b ^ 1 : b)) });
    expect(await cache.get('a')).toBeNull();
  });

  test('a tab closed in the middle of a write leaves nothing that is taken for whole', async () => {
    const store = memoryStore();
    const cache = await openCache(store.root, 1e6);
    await cache.put('a', bytes(50, 1));
    const writes: Uint8Array[] = [];
    store.onWrite = () => void writes.push([...store.files.values()][0].bytes);
    await cache.put('a', bytes(50, 2));
    expect(writes.length).toBeGreaterThan(1);
    for (const state of writes) {
      const half = memoryStore();
      half.files.set([...store.files.keys()][0], { bytes: state, lastModified: 1 });
      expect(await (await openCache(half.root, 1e6)).get('a')).toBeNull();
    }
  });

  test('stays under its bound: the oldest go first, the newest stays', async () => {
    const { root, files } = memoryStore();
    const cache = await openCache(root, 400);
    for (const key of ['a', 'b', 'c', 'd']) await cache.put(key, bytes(100, 1));
    expect(await Promise.all(['a', 'b', 'c', 'd'].map(async (key) => (await cache.get(key)) !== null))).toEqual([false, true, true, true]);
    expect([...files.values()].reduce((sum, file) => sum + file.bytes.length, 0)).toBeLessThanOrEqual(400);
    await cache.put('huge', bytes(500, 1));
    expect(await cache.get('huge')).toBeNull();
    expect(await cache.get('d')).not.toBeNull();
  });

  test('a store that is full costs nothing but the entry', async () => {
    const store = memoryStore();
    const cache = await openCache(store.root, 1e6);
    store.onWrite = () => {
      throw new Error('QuotaExceededError');
    };
    await cache.put('a', bytes(5, 1));
    expect(await cache.get('a')).toBeNull();
    store.onWrite = () => undefined;
    await cache.put('a', bytes(5, 1));
    expect(await cache.get('a')).toEqual(bytes(5, 1));
  });
});
