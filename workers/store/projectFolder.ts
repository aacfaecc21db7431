/**
 * A project's folder as workers write it: through sync access handles, which every browser with a private file system has.
 * Invariant: a sealed file is whole or not taken for one; what has no room fails as `storage-full` and leaves the other files as they are.
 */
import { type checkpointFiles, projectsFolder, type trainedFiles } from '../../src/core/project/layout.ts';
import { sealBytes, sealOf, turnOf, unsealed } from '../../src/core/project/sealed.ts';
import { type Result, fail, ok } from '../../src/core/job/failure.ts';

/** What workers have beyond the compiler's word for it (File System Standard, section 2.6). */
interface SyncAccess {
  truncate(size: number): void;
  write(bytes: Uint8Array, options: { at: number }): number;
  flush(): void;
  close(): void;
}
interface SyncFile {
  createSyncAccessHandle(): Promise<SyncAccess>;
}

export type InTurns = typeof checkpointFiles | typeof trainedFiles;

/** The folder of a project, made when it is not there. Rejects where there is no private file system. */
export async function openProjectFolder(projectId: string): Promise<FileSystemDirectoryHandle> {
  const root = await navigator.storage.getDirectory();
  const projects = await root.getDirectoryHandle(projectsFolder, { create: true });
  return projects.getDirectoryHandle(projectId, { create: true });
}

/** Bytes of room the browser still promises; Infinity where it does not say. */
export async function roomBytes(): Promise<number> {
  const none: StorageEstimate = {};
  const { quota, usage = 0 } = await navigator.storage.estimate().catch(() => none);
  return quota === undefined ? Infinity : Math.max(0, quota - usage);
}

/** What the person is told when something does not fit. */
export const tooLittleRoom = (neededBytes: number, haveBytes: number) =>
  fail('storage-full', `${inMegabytes(neededBytes)} are needed, ${inMegabytes(haveBytes)} are free.`);

const inMegabytes = (bytes: number): string => `${Math.ceil(bytes / 1e6)} MB`;

async function writeParts(file: FileSystemFileHandle, parts: readonly Uint8Array[], seal: Uint8Array | null): Promise<void> {
  const access = await (file as unknown as SyncFile).createSyncAccessHandle();
  try {
    access.truncate(0);
    let at = seal ? seal.length : 0;
    for (const part of parts) {
      if (access.write(part, { at }) < part.length) throw new DOMException('Cut short.', 'QuotaExceededError');
      at += part.length;
    }
    access.flush();
    if (seal) access.write(seal, { at: 0 });
    access.flush();
  } finally {
    access.close();
  }
}

async function write(
  folder: FileSystemDirectoryHandle,
  name: string,
  parts: readonly Uint8Array[],
  seal: Uint8Array | null,
): Promise<Result<number>> {
  const sizeBytes = parts.reduce((sum, part) => sum + part.length, 0);
  try {
    await writeParts(await folder.getFileHandle(name, { create: true }), parts, seal);
    return ok(sizeBytes);
  } catch (error) {
    // Half a file is no use to anybody and holds room that the others need.
    await folder.removeEntry(name).catch(() => undefined);
    if (error instanceof DOMException && error.name === 'QuotaExceededError') return tooLittleRoom(sizeBytes, await roomBytes());
    return fail('storage-full', `${name} could not be written: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** Writes bytes as they are. Gives back how many. */
export const writePlain = (folder: FileSystemDirectoryHandle, name: string, bytes: Uint8Array): Promise<Result<number>> =>
  write(folder, name, [bytes], null);

/** Writes content in parts behind its seal. Gives back its bytes without the seal. */
export const writeSealed = (
  folder: FileSystemDirectoryHandle,
  name: string,
  parts: readonly Uint8Array[],
  turn = 0,
): Promise<Result<number>> => write(folder, name, parts, sealOf(parts, turn));

async function fileOf(folder: FileSystemDirectoryHandle, name: string): Promise<File | null> {
  return folder.getFileHandle(name).then(
    (handle) => handle.getFile(),
    () => null,
  );
}

/** The content of a sealed file; null when it is not there or not whole. */
export async function readSealed(folder: FileSystemDirectoryHandle, name: string): Promise<Uint8Array | null> {
  const file = await fileOf(folder, name);
  return file && unsealed(new Uint8Array(await file.arrayBuffer()));
}

/** The names of files written in turns, newest first, with their turns. Reads only the seals. */
async function turnsOf(folder: FileSystemDirectoryHandle, names: InTurns): Promise<{ name: string; turn: number }[]> {
  const found: { name: string; turn: number }[] = [];
  for (const name of names) {
    const file = await fileOf(folder, name);
    const turn = file && turnOf(new Uint8Array(await file.slice(0, sealBytes).arrayBuffer()));
    if (turn !== null) found.push({ name, turn });
  }
  return found.sort((a, b) => b.turn - a.turn);
}

/** Writes the next of files written in turns: over the older one, so that the newer stays whole until this one is. */
export async function writeNext(folder: FileSystemDirectoryHandle, names: InTurns, parts: readonly Uint8Array[]): Promise<Result<number>> {
  const [newest] = await turnsOf(folder, names);
  const name = names.find((each) => each !== newest?.name) ?? names[0];
  return writeSealed(folder, name, parts, (newest?.turn ?? 0) + 1);
}

/** The newest whole one of files written in turns, and how many newer ones were damaged; without a whole one, how many there are. */
export async function readNewest(
  folder: FileSystemDirectoryHandle,
  names: InTurns,
): Promise<{ bytes: Uint8Array | null; damaged: number }> {
  let damaged = 0;
  for (const { name } of await turnsOf(folder, names)) {
    const bytes = await readSealed(folder, name);
    if (bytes) return { bytes, damaged };
    damaged++;
  }
  // One without a seal may be a write that a closed tab cut short, and is no loss while another is whole.
  const there = await Promise.all(names.map((name) => fileOf(folder, name)));
  return { bytes: null, damaged: there.filter((file) => file !== null).length };
}
