/**
 * An archive opened entry by entry. A large one stays on disk: its directory is read, and of each entry that is asked for its packed bytes.
 * Invariant: a large archive is never in memory as a whole; a damaged one is a `bad-file` that names it.
 */
import { type ZipEntry, unpackEntry } from '../../src/core/formats/unpackEntry.ts';
import { expandZip, refusal } from '../../src/core/formats/zip.ts';
import { type RandomBytes, dataOffset, localBytes, readDirectory, viewOf } from '../../src/core/formats/zipDirectory.ts';
import { type Result, fail, ok } from '../../src/core/job/failure.ts';
import type { SourceFile } from '../../src/core/scene/dataset.ts';

/** Archives up to this size are simply read. */
const smallBytes = 32e6;

const randomBytesOf = (file: Blob): RandomBytes => ({
  size: file.size,
  read: async (from, to) => new Uint8Array(await file.slice(from, to).arrayBuffer()),
});

/** Where an entry's packed bytes lie, when it is one that is read and they are inside the archive. */
async function placeOf(file: RandomBytes, name: string, entry: ZipEntry): Promise<Result<{ from: number; to: number }>> {
  const bad = (why: string): ReturnType<typeof fail> => fail('bad-file', `${name} ${why}.`, { file: name });
  const why = refusal(entry);
  if (why) return bad(`cannot be unpacked: ${entry.path} ${why}`);
  const from = dataOffset(viewOf(await file.read(entry.localOffset, entry.localOffset + localBytes)), entry);
  if (from === null || from + entry.packedBytes > file.size) return bad(`is truncated: ${entry.path} lies beyond its end`);
  return ok({ from, to: from + entry.packedBytes });
}

function sourceOf(file: RandomBytes, archiveName: string, entry: ZipEntry): SourceFile {
  return {
    path: entry.path,
    sizeBytes: entry.sizeBytes,
    async bytes() {
      const place = await placeOf(file, archiveName, entry);
      if (!place.ok) throw new Error(place.failure.detail);
      return unpackEntry(entry, await file.read(place.value.from, place.value.to));
    },
  };
}

/** Files of an archive that stays on disk; null when it has to be read as a whole. An archive that is refused is so for its first file. */
async function openLarge(file: RandomBytes, name: string): Promise<Result<SourceFile[]> | null> {
  const listed = await readDirectory(file);
  if (!listed) return null;
  const entries = listed.filter(({ path }) => !path.endsWith('/'));
  if (entries.length === 0) return ok([]);
  const first = await placeOf(file, name, entries[0]);
  return first.ok ? ok(entries.map((entry) => sourceOf(file, name, entry))) : first;
}

/** The files of an archive. `readWholeBytes` is the size up to which it is read at once. */
export async function openArchive(file: Blob, name: string, readWholeBytes = smallBytes): Promise<Result<SourceFile[]>> {
  try {
    const large = file.size > readWholeBytes ? await openLarge(randomBytesOf(file), name) : null;
    return large ?? expandZip(new Uint8Array(await file.arrayBuffer()), name);
  } catch (error) {
    return fail('bad-file', `${name} cannot be read: ${error instanceof Error ? error.message : String(error)}`, { file: name });
  }
}
