/**
 * A file of the private file system written from its beginning, piece by piece.
 * Invariant: after close() or remove() nobody is kept from it any more; a piece that does not fit throws and is not taken for written.
 */

/** What workers have beyond the compiler's word for it (File System Standard, section 2.6). */
interface SyncAccess {
  truncate(size: number): void;
  write(bytes: Uint8Array, options: { at: number }): number;
  flush(): void;
  close(): void;
}

export interface SyncFile {
  write(bytes: Uint8Array): void;
  /** On the disk now. */
  close(): void;
}

/** Rejects where the browser cannot, or when another tab writes the file. */
export async function createSyncFile(folder: FileSystemDirectoryHandle, name: string): Promise<SyncFile> {
  const handle = (await folder.getFileHandle(name, { create: true })) as unknown as { createSyncAccessHandle(): Promise<SyncAccess> };
  const access = await handle.createSyncAccessHandle();
  access.truncate(0);
  let at = 0;
  return {
    write(bytes) {
      if (access.write(bytes, { at }) < bytes.length) throw new DOMException('Cut short.', 'QuotaExceededError');
      at += bytes.length;
    },
    close() {
      try {
        access.flush();
      } finally {
        access.close();
      }
    },
  };
}
