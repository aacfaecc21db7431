/**
 * Where an archive that is being written goes: into a file of the private file system, or where that has no room for a second copy into
 * a Blob, which the browser keeps where it can.
 * Invariant: what finish() gives back stays readable when the project is deleted.
 */
import { createSyncFile } from './syncFile.ts';

export interface Sink {
  write(bytes: Uint8Array): void;
  finish(): Promise<Blob>;
  /** Nothing is left of it. */
  drop(): Promise<void>;
}

/** In the root of the private file system. */
export const outgoingFolder = 'outgoing';
/** By then the browser has taken a saved file, however slow the disk. */
const staleMs = 3_600_000;
const type = 'application/zip';

/** Removes what earlier exports left. */
export async function sweepOutgoing(folder: FileSystemDirectoryHandle, nowMs: number): Promise<void> {
  for await (const handle of (folder as unknown as { values(): AsyncIterable<FileSystemFileHandle> }).values()) {
    const file = await handle.getFile().catch(() => null);
    if (file && nowMs - file.lastModified > staleMs) await folder.removeEntry(handle.name).catch(() => undefined);
  }
}

export async function fileSink(nowMs: number): Promise<Sink> {
  const folder = await (await navigator.storage.getDirectory()).getDirectoryHandle(outgoingFolder, { create: true });
  await sweepOutgoing(folder, nowMs);
  const name = `${crypto.randomUUID()}.zip`;
  const file = await createSyncFile(folder, name);
  return {
    write: file.write,
    async finish() {
      file.close();
      return (await (await folder.getFileHandle(name)).getFile()).slice(0, undefined, type);
    },
    async drop() {
      file.close();
      await folder.removeEntry(name).catch(() => undefined);
    },
  };
}

/** Pieces go to the browser in large Blobs, so that it can put them on the disk. */
export function blobSink(partBytes = 1 << 25): Sink {
  const parts: Blob[] = [];
  let open: Uint8Array<ArrayBuffer>[] = [];
  let openBytes = 0;
  const close = (): void => {
    parts.push(new Blob(open));
    [open, openBytes] = [[], 0];
  };
  return {
    write(bytes) {
      open.push(bytes.slice());
      openBytes += bytes.length;
      if (openBytes >= partBytes) close();
    },
    async finish() {
      close();
      return new Blob(parts, { type });
    },
    drop: async () => void (parts.length = 0),
  };
}
