/**
 * Folders that no record knows: left by a tab that was closed while it deleted, or made by one that is just creating.
 * Invariant: a folder in which something was written within the last hour stays, and so does an empty one, whose age nobody knows.
 */

/** A create or an import in another tab is over by then. */
export const youngMs = 3_600_000;

type Entries = { entries(): AsyncIterable<[string, FileSystemHandle]> };

async function newestMs(folder: FileSystemDirectoryHandle): Promise<number> {
  let newest = 0;
  for await (const [, handle] of (folder as unknown as Entries).entries()) {
    if (handle.kind === 'file') newest = Math.max(newest, (await (handle as FileSystemFileHandle).getFile()).lastModified);
  }
  return newest;
}

/** Removes the folders of no project in `known`. Gives back their names. */
export async function sweepFolders(projects: FileSystemDirectoryHandle, known: ReadonlySet<string>, nowMs = Date.now()): Promise<string[]> {
  const orphans: string[] = [];
  for await (const [name, handle] of (projects as unknown as Entries).entries()) {
    if (known.has(name) || handle.kind !== 'directory') continue;
    const lastMs = await newestMs(handle as FileSystemDirectoryHandle);
    if (lastMs > 0 && nowMs - lastMs > youngMs) orphans.push(name);
  }
  for (const name of orphans) await projects.removeEntry(name, { recursive: true }).catch(() => undefined);
  return orphans;
}
