/**
 * An archive's files into the folder of a new project.
 * Invariant: everything is checked before the first byte is written, and after a failure nothing is left of what was.
 */
import { type Failure, type Result, fail, ok } from '../../src/core/job/failure.ts';
import {
  type ArchivedFile,
  editsEntry,
  entryOfFile,
  manifestEntry,
  mostManifestBytes,
  mostPosterBytes,
  posterEntry,
  readManifest,
} from '../../src/core/project/archive.ts';
import { unpackHistory } from '../../src/core/project/archiveHistory.ts';
import { type ArchiveEntry, readArchive, wholeEntry } from '../../src/core/project/archiveRead.ts';
import { projectsFolder } from '../../src/core/project/layout.ts';
import { openProjectFolder, roomBytes, tooLittleRoom } from '../store/projectFolder.ts';
import type { ImportedProject } from './messages.ts';
import { createSyncFile } from './syncFile.ts';

type Progress = (doneBytes: number, totalBytes: number) => void;
type Failed = { ok: false; failure: Failure };

const mostEditsBytes = 256e6;
/** For what the file system itself needs. */
const spareBytes = 4e6;

const bad = (file: Blob & { name: string }, why: string): Failed => fail('bad-file', `${file.name} ${why}.`, { file: file.name });
const words = (error: unknown): string => (error instanceof Error ? error.message : String(error));

interface Opened {
  imported: ImportedProject;
  files: { name: string; entry: ArchiveEntry }[];
}

/** Every listed file has its entry of that size; entries that nobody lists are left where they are. */
function entriesFor(listed: readonly ArchivedFile[], entries: ReadonlyMap<string, ArchiveEntry>): Opened['files'] | null {
  const found = listed.flatMap(({ name, sizeBytes }) => {
    const entry = entries.get(entryOfFile(name));
    return entry && entry.sizeBytes === sizeBytes ? [{ name, entry }] : [];
  });
  return found.length === listed.length ? found : null;
}

/** Reads all but the files. Throws when an entry is damaged. */
async function openArchive(file: File): Promise<Result<Opened>> {
  const read = async (from: number, to: number) => new Uint8Array(await file.slice(from, to).arrayBuffer());
  const entries = await readArchive({ size: file.size, read });
  if (!entries) return bad(file, 'is not a whole project file; it is cut short, or another kind of file');
  const manifest = entries.get(manifestEntry);
  if (!manifest) return bad(file, 'is a zip, but not of a project');
  const facts = readManifest(new TextDecoder().decode(await wholeEntry(manifest, mostManifestBytes)), file.name);
  if (!facts.ok) return facts;
  const files = entriesFor(facts.value.files, entries);
  if (!files) return bad(file, 'does not hold all the files it lists');
  const [poster, edits] = [entries.get(posterEntry), entries.get(editsEntry)];
  return ok({
    files,
    imported: {
      record: facts.value.project,
      poster: poster ? await wholeEntry(poster, mostPosterBytes) : null,
      history: edits ? unpackHistory(await wholeEntry(edits, mostEditsBytes)) : null,
    },
  });
}

async function writeFiles(folder: FileSystemDirectoryHandle, files: Opened['files'], progress: (bytes: number) => void): Promise<void> {
  for (const { name, entry } of files) {
    const out = await createSyncFile(folder, name);
    try {
      for await (const piece of entry.pieces()) {
        out.write(piece);
        progress(piece.length);
      }
    } finally {
      out.close();
    }
  }
}

async function removeFolder(projectId: string): Promise<void> {
  const projects = await (await navigator.storage.getDirectory()).getDirectoryHandle(projectsFolder);
  await projects.removeEntry(projectId, { recursive: true });
}

/** `bad-file` for what is no whole project of this version or an older one, `storage-full` when it does not fit. */
export async function importProject(file: File, projectId: string, progress: Progress): Promise<Result<ImportedProject>> {
  const opened = await openArchive(file).catch((error: unknown) => bad(file, `cannot be read: ${words(error)}`));
  if (!opened.ok) return opened;
  const { files, imported } = opened.value;
  const totalBytes = files.reduce((sum, { entry }) => sum + entry.sizeBytes, 0);
  const free = await roomBytes();
  if (totalBytes + spareBytes > free) return tooLittleRoom(totalBytes + spareBytes, free);
  let done = 0;
  try {
    await writeFiles(await openProjectFolder(projectId), files, (bytes) => progress((done += bytes), totalBytes));
    return ok(imported);
  } catch (error) {
    await removeFolder(projectId).catch(() => undefined);
    if (error instanceof DOMException && error.name === 'QuotaExceededError') return tooLittleRoom(totalBytes, await roomBytes());
    return bad(file, `cannot be read: ${words(error)}`);
  }
}
