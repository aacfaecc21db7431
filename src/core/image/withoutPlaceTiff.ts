/**
 * Takes the place out of a TIFF structure (TIFF 6.0; EXIF 2.32 section 4.6): of Exif blocks and of whole TIFF files.
 * Invariant: every directory is walked once, however the offsets point; offsets and counts are believed only inside the block.
 */
import { blankRange, blankZero } from './withoutPlaceBlank.ts';
import { blankImageResources, blankIptc } from './withoutPlaceIptc.ts';
import { blankXmp } from './withoutPlaceXmp.ts';

const gpsTag = 0x8825;
/** Exif directory and the sub-directories of raw files. */
const directoryTags = new Set([0x8769, 0x014a]);
/** Text in a directory's value that may name the place. */
const blankerOf: Record<number, (bytes: Uint8Array) => boolean> = { 0x02bc: blankXmp, 0x83bb: blankIptc, 0x8649: blankImageResources };
/** Bytes per value of TIFF's types 1 to 13. */
const typeBytes = [0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4];
const entryBytes = 12;
/** More than any file has; these end the walk of a file that is made to be endless. */
const mostDirectories = 64;
const mostEntries = 4096;
/** Longer than any GPS value; a longer one is a damaged count that would take other data along. */
const mostGpsValueBytes = 65536;

interface Block {
  bytes: Uint8Array;
  view: DataView;
  little: boolean;
  /** Bytes that may still be looked through or moved; values that overlap would otherwise be read over and over. */
  workLeft: number;
}

/** Whether this much work is still allowed. */
const mayDo = (block: Block, workBytes: number): boolean => (block.workLeft -= workBytes) >= 0;

interface Entry {
  tag: number;
  type: number;
  count: number;
  /** Place and length of its value, which may lie outside the block. */
  start: number;
  size: number;
}

const entryCount = ({ view, little }: Block, directory: number): number => {
  if (directory < 8 || directory + 2 > view.byteLength) return 0;
  return Math.min(view.getUint16(directory, little), mostEntries, Math.floor((view.byteLength - directory - 2) / entryBytes));
};

function entryAt({ view, little }: Block, at: number): Entry {
  const type = view.getUint16(at + 2, little);
  const count = view.getUint32(at + 4, little);
  const size = (typeBytes[type] ?? 0) * count;
  return { tag: view.getUint16(at, little), type, count, size, start: size <= 4 ? at + 8 : view.getUint32(at + 8, little) };
}

/** The GPS directory with all its values. */
function blankGpsDirectory(block: Block, directory: number): void {
  const entries = entryCount(block, directory);
  const end = directory + 2 + entries * entryBytes;
  for (let at = directory + 2; at < end; at += entryBytes) {
    const { start, size } = entryAt(block, at);
    if (size > 4 && size <= mostGpsValueBytes && start >= 8 && mayDo(block, size)) blankRange(block.bytes, start, start + size, blankZero);
  }
  if (entries > 0) blankRange(block.bytes, directory, end + 4, blankZero);
}

/** Takes an entry out of its directory; those after it and the link to the next directory move up. */
function removeEntry({ bytes, view, little }: Block, directory: number, index: number): void {
  const entries = view.getUint16(directory, little);
  const at = directory + 2 + index * entryBytes;
  const end = Math.min(bytes.length, directory + 2 + entries * entryBytes + 4);
  bytes.copyWithin(at, at + entryBytes, end);
  blankRange(bytes, end - entryBytes, end, blankZero);
  view.setUint16(directory, entries - 1, little);
}

/** Directories that this entry leads to. */
function subDirectories({ view, little }: Block, { type, count, start, size }: Entry): number[] {
  if (type !== 4 && type !== 13) return [];
  const found: number[] = [];
  for (let at = start; found.length < Math.min(count, mostDirectories) && at + 4 <= Math.min(start + size, view.byteLength); at += 4)
    found.push(view.getUint32(at, little));
  return found;
}

/** Blanks what one directory says of the place, and adds to `waiting` where it leads. */
function blankDirectory(block: Block, directory: number, waiting: number[]): boolean {
  const { bytes, view, little } = block;
  const gps: number[] = [];
  let changed = false;
  for (let index = entryCount(block, directory) - 1; index >= 0; index--) {
    const entry = entryAt(block, directory + 2 + index * entryBytes);
    if (directoryTags.has(entry.tag)) waiting.push(...subDirectories(block, entry));
    const value = bytes.subarray(entry.start, entry.start + entry.size);
    if (blankerOf[entry.tag] && mayDo(block, value.length)) changed = blankerOf[entry.tag](value) || changed;
    if (entry.tag !== gpsTag || !mayDo(block, entryCount(block, directory) * entryBytes)) continue;
    gps.push(view.getUint32(directory + 2 + index * entryBytes + 8, little));
    removeEntry(block, directory, index);
    changed = true;
  }
  const next = directory + 2 + entryCount(block, directory) * entryBytes;
  if (next + 4 <= view.byteLength) waiting.push(view.getUint32(next, little));
  for (const place of gps) if (place !== directory) blankGpsDirectory(block, place);
  return changed;
}

/** Whether a TIFF structure begins here: "II*\0" or "MM\0*". */
export const isTiff = (bytes: Uint8Array): boolean =>
  bytes.length >= 8 &&
  ((bytes[0] === 0x49 && bytes[1] === 0x49 && bytes[2] === 42 && bytes[3] === 0) ||
    (bytes[0] === 0x4d && bytes[1] === 0x4d && bytes[2] === 0 && bytes[3] === 42));

/** Changes a block that begins with the TIFF header in place; says whether anything became different. */
export function blankTiff(bytes: Uint8Array): boolean {
  if (!isTiff(bytes)) return false;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const block: Block = { bytes, view, little: bytes[0] === 0x49, workLeft: 4 * bytes.length + 2 ** 20 };
  const waiting = [view.getUint32(4, block.little)];
  const walked = new Set<number>();
  let changed = false;
  while (waiting.length > 0 && walked.size < mostDirectories) {
    const directory = waiting.pop()!;
    if (directory < 8 || walked.has(directory)) continue;
    walked.add(directory);
    changed = blankDirectory(block, directory, waiting) || changed;
  }
  return changed;
}
