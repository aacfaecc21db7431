/**
 * Cache of solving in the browser's private file system, so that the same photos dropped again go on from the features and matches found
 * before, also after the tab was closed.
 * Invariant: what get gives back is exactly what put was given under that key; anything else (missing, cut short, altered, no store) is
 * null. The entries together stay under the bound; the oldest go first.
 */
import { sealBytes, sealOf, unsealed } from '../../src/core/project/sealed.ts';
import type { ByteCache } from '../../src/core/sfm/contract.ts';

const folderName = 'solve-cache';
const defaultBytes = 1 << 30;
/** A name that every file system takes; two keys never share one. */
const fileName = (key: string): string => key.replace(/[^a-z0-9._-]/g, (c) => `+${c.charCodeAt(0).toString(16)}+`);

interface Entry {
  sizeBytes: number;
  atMs: number;
}

/** The entries to remove, oldest first, so that those left and `wanted` more bytes fit. */
export function evicted(entries: Map<string, Entry>, wanted: number, mostBytes: number): string[] {
  let total = wanted;
  for (const { sizeBytes } of entries.values()) total += sizeBytes;
  const oldest = [...entries].sort(([, a], [, b]) => a.atMs - b.atMs);
  const gone: string[] = [];
  for (const [name, { sizeBytes }] of oldest) {
    if (total <= mostBytes) break;
    total -= sizeBytes;
    gone.push(name);
  }
  return gone;
}

async function listed(folder: FileSystemDirectoryHandle): Promise<Map<string, Entry>> {
  const entries = new Map<string, Entry>();
  for await (const handle of (folder as unknown as { values(): AsyncIterable<FileSystemHandle> }).values()) {
    if (handle.kind !== 'file') continue;
    const file = await (handle as FileSystemFileHandle).getFile();
    entries.set(handle.name, { sizeBytes: file.size, atMs: file.lastModified });
  }
  return entries;
}

/** What workers have beyond the compiler's word for it (File System Standard, section 2.6). */
interface SyncFile {
  createSyncAccessHandle(): Promise<{
    truncate(size: number): void;
    write(bytes: Uint8Array, options: { at: number }): number;
    flush(): void;
    close(): void;
  }>;
}

/** Writes the seal last: a tab closed in the middle leaves an entry that is not taken for whole. */
async function write(folder: FileSystemDirectoryHandle, name: string, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
  const file = await folder.getFileHandle(name, { create: true });
  const access = await (file as unknown as SyncFile).createSyncAccessHandle();
  try {
    access.truncate(0);
    access.write(bytes, { at: sealBytes });
    access.flush();
    access.write(sealOf([bytes]), { at: 0 });
  } finally {
    access.close();
  }
}

/** A cache in `root`. Rejects when the folder cannot be used. */
export async function openCache(root: FileSystemDirectoryHandle, mostBytes: number): Promise<ByteCache> {
  const folder = await root.getDirectoryHandle(folderName, { create: true });
  const entries = await listed(folder);
  let writing: Promise<unknown> = Promise.resolve();

  const remove = async (name: string): Promise<void> => {
    entries.delete(name);
    await folder.removeEntry(name).catch(() => null);
  };
  const store = async (name: string, bytes: Uint8Array): Promise<void> => {
    const sizeBytes = bytes.length + sealBytes;
    if (sizeBytes > mostBytes) return;
    entries.delete(name);
    for (const old of evicted(entries, sizeBytes, mostBytes)) await remove(old);
    await write(folder, name, bytes as Uint8Array<ArrayBuffer>);
    entries.set(name, { sizeBytes, atMs: Date.now() });
  };

  return {
    async get(key) {
      try {
        const file = await (await folder.getFileHandle(fileName(key))).getFile();
        return unsealed(new Uint8Array(await file.arrayBuffer()));
      } catch {
        return null;
      }
    },
    async put(key, bytes) {
      const name = fileName(key);
      // A full or busy store only costs time in the next run.
      writing = writing.then(() => store(name, bytes)).catch(() => remove(name));
      await writing;
    },
  };
}

/** The cache of this site; undefined where the browser has no private file system or refuses it (private windows). */
export async function openSolveCache(mostBytes = defaultBytes): Promise<ByteCache | undefined> {
  try {
    const { quota = Infinity } = await navigator.storage.estimate();
    return await openCache(await navigator.storage.getDirectory(), Math.min(mostBytes, quota / 4));
  } catch {
    return undefined;
  }
}
