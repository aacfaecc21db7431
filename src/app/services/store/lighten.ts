/**
 * Making room from what can be computed again: checkpoints of runs that have their splats, and features found in photos.
 * Invariant: photos, splats, solved cameras and edits stay, and so do the checkpoints of a run that has nothing else to show.
 */
import { checkpointFiles, trainedFiles } from '../../../core/project/layout.ts';
import type { Project } from '../../../core/project/project.ts';
import { projectListing, removeProjectFile } from './projectFiles.ts';
import type { ProjectStore } from './projectStore.ts';

/** Features and matches, and project files that were saved elsewhere long ago (workers/archive/sink.ts). */
const cacheFolders = ['solve-cache', 'outgoing'];
type Values = { values(): AsyncIterable<FileSystemHandle> };

async function bytesIn(root: FileSystemDirectoryHandle, name: string): Promise<number> {
  let sum = 0;
  const folder = await root.getDirectoryHandle(name).catch(() => null);
  if (!folder) return 0;
  for await (const handle of (folder as unknown as Values).values()) {
    const file = handle.kind === 'file' ? await (handle as FileSystemFileHandle).getFile().catch(() => null) : null;
    sum += file?.size ?? 0;
  }
  return sum;
}

async function cacheBytes(): Promise<number> {
  const root = await navigator.storage?.getDirectory().catch(() => null);
  let sum = 0;
  if (root) for (const name of cacheFolders) sum += await bytesIn(root, name);
  return sum;
}

async function spareFiles({ id, state }: Project): Promise<{ name: string; size: number }[]> {
  // Training that goes on has older splats too, but its checkpoint is what it goes on from.
  if (state !== 'trained') return [];
  const sizes = await projectListing(id);
  if (!trainedFiles.some((name) => sizes.has(name))) return [];
  return checkpointFiles.flatMap((name) => (sizes.has(name) ? [{ name, size: sizes.get(name) ?? 0 }] : []));
}

/** Bytes that removeRemakeable() would free. */
export async function remakeableBytes(projects: readonly Project[]): Promise<number> {
  let sum = await cacheBytes();
  for (const project of projects) for (const { size } of await spareFiles(project)) sum += size;
  return sum;
}

/** Removes it. Gives back the bytes. */
export async function removeRemakeable(store: ProjectStore): Promise<number> {
  const projects = await store.list();
  const freed = await remakeableBytes(projects);
  for (const project of projects) for (const { name } of await spareFiles(project)) await removeProjectFile(project.id, name);
  const root = await navigator.storage?.getDirectory().catch(() => null);
  for (const name of cacheFolders) await root?.removeEntry(name, { recursive: true }).catch(() => undefined);
  return freed;
}
