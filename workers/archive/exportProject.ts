/**
 * A project's folder as one archive.
 * Invariant: what is not whole is not handed out, and nothing of it is left.
 */
import { type Result, fail, ok } from '../../src/core/job/failure.ts';
import {
  type ArchivedFile,
  archivedFiles,
  editsEntry,
  entryOfFile,
  manifestEntry,
  manifestText,
  mostArchiveBytes,
  posterEntry,
} from '../../src/core/project/archive.ts';
import { packHistory } from '../../src/core/project/archiveHistory.ts';
import { type ArchiveEntrySource, archiveBytesFor, writeArchive } from '../../src/core/project/archiveWrite.ts';
import { trainedFiles } from '../../src/core/project/layout.ts';
import type { Project } from '../../src/core/project/project.ts';
import { isWhole, sealBytes, turnOf } from '../../src/core/project/sealed.ts';
import type { EditHistory } from '../../src/core/scene/edit/operations.ts';
import { openProjectFolder, roomBytes } from '../store/projectFolder.ts';
import { type Sink, blobSink, fileSink } from './sink.ts';

type Progress = (doneBytes: number, totalBytes: number) => void;

const pieceBytes = 1 << 22;

async function* piecesOf(file: Blob, read: (bytes: number) => void): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < file.size; at += pieceBytes) {
    const piece = new Uint8Array(await file.slice(at, at + pieceBytes).arrayBuffer());
    read(piece.length);
    yield piece;
  }
}

async function filesOf(folder: FileSystemDirectoryHandle): Promise<Map<string, File>> {
  const files = new Map<string, File>();
  for await (const handle of (folder as unknown as { values(): AsyncIterable<FileSystemHandle> }).values()) {
    if (handle.kind === 'file') files.set(handle.name, await (handle as FileSystemFileHandle).getFile());
  }
  return files;
}

/** The name of the splats written last that are whole. */
async function newestTrained(files: ReadonlyMap<string, File>): Promise<string | null> {
  let [newest, best]: [string | null, number] = [null, -1];
  for (const name of trainedFiles) {
    const file = files.get(name);
    if (!file) continue;
    const read = async (from: number, to: number): Promise<Uint8Array> => new Uint8Array(await file.slice(from, to).arrayBuffer());
    const turn = turnOf(await read(0, Math.min(sealBytes, file.size)));
    if (turn !== null && turn > best && (await isWhole(file.size, read))) [newest, best] = [name, turn];
  }
  return newest;
}

function entriesOf(project: Project, history: EditHistory, files: ArchivedFile[], bytesOf: (name: string) => AsyncIterable<Uint8Array>) {
  const entries: ArchiveEntrySource[] = [{ name: manifestEntry, pieces: [new TextEncoder().encode(manifestText(project, files))] }];
  if (project.poster) entries.push({ name: posterEntry, pieces: [project.poster] });
  if (history.done.length + history.undone.length > 0) entries.push({ name: editsEntry, pieces: packHistory(history) });
  for (const { name } of files) entries.push({ name: entryOfFile(name), pieces: bytesOf(name) });
  return entries;
}

/** `storage-full` when it fits nowhere, `bad-file` when a file cannot be read. */
export async function exportProject(project: Project, history: EditHistory, progress: Progress): Promise<Result<Blob>> {
  const found = await filesOf(await openProjectFolder(project.id));
  const listing = [...found].map(([name, { size }]) => ({ name, sizeBytes: size }));
  const files = archivedFiles(listing, await newestTrained(found));
  const totalBytes = files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  // 16 MB are more than the facts, the poster and the edits of any project.
  const needed = archiveBytesFor(files.map(({ sizeBytes }) => sizeBytes)) + 16e6;
  if (needed > mostArchiveBytes)
    return fail('storage-full', `A project file holds 4 GB; this project has ${(totalBytes / 1e9).toFixed(1)} GB.`);

  let done = 0;
  const bytesOf = (name: string) => piecesOf(found.get(name) as File, (bytes) => progress((done += bytes), totalBytes));
  let sink: Sink | null = null;
  try {
    sink = (await roomBytes()) > needed ? await fileSink(Date.now()) : blobSink();
    await writeArchive(entriesOf(project, history, files, bytesOf), project.updatedMs, sink.write);
    return ok(await sink.finish());
  } catch (error) {
    await sink?.drop().catch(() => undefined);
    const why = error instanceof Error ? error.message : String(error);
    const full = error instanceof DOMException && error.name === 'QuotaExceededError';
    return fail(full ? 'storage-full' : 'bad-file', `${project.name} could not be written as one file: ${why}`);
  }
}
