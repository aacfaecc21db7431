/**
 * Writes a project's archive piece by piece: stored, not deflated, because photos and splats hardly get smaller and the disk is slow enough.
 * Invariant: only one piece of one file is in memory at a time; the bytes are the same for the same entries.
 */
import { Zip, ZipPassThrough } from 'fflate';

export interface ArchiveEntrySource {
  name: string;
  /** The bytes in order. A piece may be changed once the next is asked for. */
  pieces: AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
}

/** The years a zip can tell. */
const zipTime = (ms: number): number => Math.min(Math.max(ms, Date.UTC(1981, 0)), Date.UTC(2098, 0));

/**
 * Writes the entries in their order to `write`, which must take the bytes before it returns. Rejects with what a piece or `write` throws.
 * Source: PKWARE APPNOTE 6.3.10, method 0 with data descriptors.
 */
export async function writeArchive(
  entries: Iterable<ArchiveEntrySource>,
  modifiedMs: number,
  write: (bytes: Uint8Array) => void,
): Promise<void> {
  let broken: unknown = null;
  const zip = new Zip((error, chunk) => {
    if (error) broken ??= error;
    else write(chunk);
  });
  const nothing = new Uint8Array(0);
  for (const { name, pieces } of entries) {
    const file = new ZipPassThrough(name);
    file.mtime = zipTime(modifiedMs);
    zip.add(file);
    for await (const piece of pieces) file.push(piece);
    file.push(nothing, true);
    if (broken) throw broken instanceof Error ? broken : new Error('The archive could not be written.');
  }
  zip.end();
}

/** Bytes that the entries take in an archive: headers and descriptors are well under a kilobyte each. */
export const archiveBytesFor = (sizes: readonly number[]): number => sizes.reduce((sum, size) => sum + size + 1024, 1024);
