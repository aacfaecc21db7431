/**
 * Where intake puts files: into the project's folder, or into the page's hands where this browser keeps nothing.
 * Invariant: put() resolves after the bytes are on disk; a file that did not fit leaves the others as they are.
 */
import { type Result, ok } from '../../src/core/job/failure.ts';
import { openProjectFolder, roomBytes, tooLittleRoom, writePlain } from '../store/projectFolder.ts';

export interface Keeper {
  /** `storage-full` when so many bytes will not fit. */
  checkRoom(neededBytes: number): Promise<Result<null>>;
  /** The bytes themselves where they could not be kept, null where they are. */
  put(name: string, bytes: Uint8Array): Promise<Result<Blob | null>>;
  /** Written so far. */
  bytesWritten(): number;
}

const handsOver: Keeper = {
  checkRoom: async () => ok(null),
  put: async (_, bytes) => ok(new Blob([bytes as Uint8Array<ArrayBuffer>])),
  bytesWritten: () => 0,
};

function keeperIn(folder: FileSystemDirectoryHandle): Keeper {
  let written = 0;
  return {
    async checkRoom(neededBytes) {
      const room = await roomBytes();
      return neededBytes > room ? tooLittleRoom(neededBytes, room) : ok(null);
    },
    async put(name, bytes) {
      const put = await writePlain(folder, name, bytes);
      if (!put.ok) return put;
      written += put.value;
      return ok(null);
    },
    bytesWritten: () => written,
  };
}

/** A disk so full that not even a folder can be made. The person is told: in memory alone everything would go with the tab. */
const refuses: Keeper = {
  checkRoom: async (neededBytes) => tooLittleRoom(neededBytes, 0),
  put: async (_, bytes) => tooLittleRoom(bytes.length, 0),
  bytesWritten: () => 0,
};

const isFull = (error: unknown): boolean => error instanceof DOMException && error.name === 'QuotaExceededError';

/** Whether files can be written as workers do; browsers without sync access handles have a folder all the same. */
const canWrite = (): boolean => typeof FileSystemFileHandle !== 'undefined' && 'createSyncAccessHandle' in FileSystemFileHandle.prototype;

export async function openKeeper(projectId: string): Promise<Keeper> {
  if (!canWrite()) return handsOver;
  return openProjectFolder(projectId).then(keeperIn, (error: unknown) => (isFull(error) ? refuses : handsOver));
}
