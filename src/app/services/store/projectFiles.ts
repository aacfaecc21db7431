/**
 * A project's files as the page reads and removes them. Workers write them (workers/store).
 * Invariant: a file is handed out as it lies on the disk, not read into memory; a sealed one only when its seal is there.
 */
import type { PickedFile } from '../../../../workers/protocol.ts';
import { projectsFolder, trainedFiles } from '../../../core/project/layout.ts';
import type { Project } from '../../../core/project/project.ts';
import { isWhole, sealBytes, turnOf } from '../../../core/project/sealed.ts';
import type { FileFacts } from './mend.ts';

/** The folder of all projects; null where there is no private file system or it refuses. */
export async function allProjects(): Promise<FileSystemDirectoryHandle | null> {
  try {
    return await (await navigator.storage.getDirectory()).getDirectoryHandle(projectsFolder, { create: true });
  } catch {
    return null;
  }
}

async function folderOf(projectId: string): Promise<FileSystemDirectoryHandle | null> {
  const projects = await allProjects();
  return projects?.getDirectoryHandle(projectId).catch(() => null) ?? null;
}

async function fileIn(folder: FileSystemDirectoryHandle | null, name: string): Promise<File | null> {
  const handle = await folder?.getFileHandle(name).catch(() => null);
  return handle?.getFile().catch(() => null) ?? null;
}

/** One file of a project; null when it is not there. */
export const projectFile = async (projectId: string, name: string): Promise<File | null> => fileIn(await folderOf(projectId), name);

/** The content of a sealed file; null when it is not there or not whole. */
export async function sealedContent(projectId: string, name: string): Promise<Blob | null> {
  const file = await projectFile(projectId, name);
  if (!file) return null;
  const read = async (from: number, to: number): Promise<Uint8Array> => new Uint8Array(await file.slice(from, to).arrayBuffer());
  return (await isWhole(file.size, read)) ? file.slice(sealBytes) : null;
}

/** The splats that training wrote last, a .ply; null when there are none that are whole. */
export async function newestTrained(projectId: string): Promise<Blob | null> {
  const folder = await folderOf(projectId);
  const found: { name: string; turn: number }[] = [];
  for (const name of trainedFiles) {
    const file = await fileIn(folder, name);
    const turn = file && turnOf(new Uint8Array(await file.slice(0, sealBytes).arrayBuffer()));
    if (turn !== null) found.push({ name, turn });
  }
  for (const { name } of found.sort((a, b) => b.turn - a.turn)) {
    const content = await sealedContent(projectId, name);
    if (content) return content;
  }
  return null;
}

/** What a run is given: the photos the person keeps, or the files of a data set, under the names they came with. */
export async function photosOfProject({ id, photos, files }: Project): Promise<PickedFile[]> {
  const folder = await folderOf(id);
  const wanted =
    files.length > 0
      ? files.map(({ path, file }) => ({ path, file }))
      : photos.filter(({ keep }) => keep).map(({ name: path, file }) => ({ path, file }));
  const found = await Promise.all(wanted.map(async ({ path, file }) => ({ path, file: await fileIn(folder, file) })));
  return found.filter((each): each is PickedFile => each.file !== null);
}

type Entries = { entries(): AsyncIterable<[string, FileSystemHandle]> };

/** What lies in a project's folder, by name. A file that goes away meanwhile is left out. */
export async function projectEntries(projectId: string): Promise<Map<string, FileFacts>> {
  const folder = await folderOf(projectId);
  const found = new Map<string, FileFacts>();
  if (!folder) return found;
  for await (const [name, handle] of (folder as unknown as Entries).entries()) {
    const file = handle.kind === 'file' ? await (handle as FileSystemFileHandle).getFile().catch(() => null) : null;
    if (file) found.set(name, { sizeBytes: file.size, modifiedMs: file.lastModified });
  }
  return found;
}

/** Names and sizes of a project's files. */
export const projectListing = async (projectId: string): Promise<Map<string, number>> =>
  new Map([...(await projectEntries(projectId))].map(([name, { sizeBytes }]) => [name, sizeBytes]));

/** Bytes of all of a project's files. */
export const projectBytes = async (projectId: string): Promise<number> =>
  [...(await projectListing(projectId)).values()].reduce((sum, size) => sum + size, 0);

export async function removeProjectFile(projectId: string, name: string): Promise<void> {
  await (await folderOf(projectId))?.removeEntry(name).catch(() => undefined);
}

/** False when something of it stays for now: a file that another tab has open goes with the sweep of a later start. */
export async function removeProjectFolder(projectId: string): Promise<boolean> {
  const projects = await allProjects();
  if (!projects) return true;
  return projects.removeEntry(projectId, { recursive: true }).then(
    () => true,
    (error: unknown) => error instanceof DOMException && error.name === 'NotFoundError',
  );
}
