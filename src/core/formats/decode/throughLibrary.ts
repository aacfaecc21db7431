/**
 * SPZ, SOG and KSPLAT, decoded as a whole by @playcanvas/splat-transform, whose splats are handed on in batches.
 * Invariant: this file is loaded only when such a file is; the library starts no worker and fetches nothing but its WebP decoder.
 */
import {
  type ChunkSource,
  type DataTable,
  MemoryReadFileSystem,
  type ReadFileSystem,
  WebPCodec,
  WorkerQueue,
  ZipReadFileSystem,
  createChunkDataPool,
  readKsplat,
  readSog,
  readSpz,
} from '@playcanvas/splat-transform';
import { type Splats, emptySplats, shBasisCount } from '../../scene/splats.ts';
import type { DecodeOptions } from '../splatStream.ts';
import type { ByteReader } from './byteReader.ts';
import { type Intake, batchSplats } from './intake.ts';
import { Refusal, messageOf, refuse } from './refusal.ts';
import { checkSogPictures, readSogMeta } from './sogFile.ts';
import { openSpz } from './spzFile.ts';

/** Runs the library; what it throws becomes "is damaged". */
async function guarded<T>(name: string, work: () => Promise<T>): Promise<T> {
  WorkerQueue.maxWorkers = 0;
  try {
    return await work();
  } catch (error) {
    if (error instanceof Refusal) throw error;
    return refuse(name, `is truncated or damaged: ${messageOf(error)}`);
  }
}

async function memorySource(bytes: Uint8Array) {
  const fileSystem = new MemoryReadFileSystem();
  fileSystem.set('file', bytes);
  return fileSystem.createSource('file');
}

/** Moves the library's channel after channel to ours: coefficient after coefficient, colours within. */
function restInto(splats: Splats, read: (column: number, row: number) => number): void {
  const basis = shBasisCount(splats.shDegree);
  for (let c = 0; c < 3; c++)
    for (let k = 1; k < basis; k++) {
      const column = c * (basis - 1) + k - 1;
      for (let i = 0; i < splats.count; i++) splats.sh[3 * (basis * i + k) + c] = read(column, i);
    }
}

/** One chunk of the library's three layers: mean; quaternion wxyz, log scales, opacity logit; DC and the rest. */
async function readChunk(source: ChunkSource, pool: ReturnType<typeof createChunkDataPool>, chunkIndex: number): Promise<Splats> {
  const { meta } = source;
  const count = Math.min(meta.chunkSize, meta.numGaussians - chunkIndex * meta.chunkSize);
  const layer = (name: 'position' | 'geometric' | 'color') => pool.acquire(name, meta.layouts[name]!, count);
  const [position, geometric, color] = [layer('position'), layer('geometric'), layer('color')];
  await source.read({ chunkIndex, position, geometric, color });
  const splats = emptySplats(count, meta.shBands, meta.model === 'antialiased');
  splats.means.set(new Float32Array(position.data, 0, 3 * count));
  const shape = new Float32Array(geometric.data, 0, 8 * count);
  const perColour = color.stride / 4;
  const colour = new Float32Array(color.data, 0, perColour * count);
  const basis = shBasisCount(splats.shDegree);
  for (let i = 0; i < count; i++) {
    for (let k = 0; k < 4; k++) splats.quats[4 * i + k] = shape[8 * i + k];
    for (let k = 0; k < 3; k++) splats.logScales[3 * i + k] = shape[8 * i + 4 + k];
    splats.opacityLogits[i] = shape[8 * i + 7];
    for (let k = 0; k < 3; k++) splats.sh[3 * basis * i + k] = colour[perColour * i + k];
  }
  restInto(splats, (column, row) => colour[perColour * row + 3 + column]);
  for (const data of [position, geometric, color]) data.release();
  return splats;
}

/** Rows [first, first + count) of the library's table. */
function readTable(table: DataTable, shDegree: number, antialiased: boolean, first: number, count: number): Splats {
  const splats = emptySplats(count, shDegree, antialiased);
  const basis = shBasisCount(shDegree);
  const column = (name: string) => table.getColumnByName(name)?.data ?? null;
  const copy = (to: Float32Array, stride: number, index: number, from: string): void => {
    const values = column(from);
    if (!values) return;
    for (let i = 0; i < count; i++) to[stride * i + index] = values[first + i];
  };
  for (let k = 0; k < 3; k++) copy(splats.means, 3, k, 'xyz'[k]);
  for (let k = 0; k < 3; k++) copy(splats.logScales, 3, k, `scale_${k}`);
  for (let k = 0; k < 4; k++) copy(splats.quats, 4, k, `rot_${k}`);
  for (let k = 0; k < 3; k++) copy(splats.sh, 3 * basis, k, `f_dc_${k}`);
  copy(splats.opacityLogits, 1, 0, 'opacity');
  const rest = Array.from({ length: 3 * (basis - 1) }, (_, r) => column(`f_rest_${r}`));
  restInto(splats, (r, row) => rest[r]?.[first + row] ?? 0);
  return splats;
}

async function deliverTable(table: DataTable, shDegree: number, antialiased: boolean, intake: Intake): Promise<void> {
  for (let first = 0; first < table.numRows; first += batchSplats)
    await intake.push(readTable(table, shDegree, antialiased, first, Math.min(batchSplats, table.numRows - first)));
}

/**
 * SPZ's numbers are taken as they are, like the library does: programs that convert trainers' files write them unturned. Files of programs
 * that keep to the format's own axes (y up) come out turned by half a turn about x; the viewer's `orientation` rights them.
 */
export async function decodeSpz(reader: ByteReader, name: string, intake: Intake): Promise<void> {
  const { bytes, header } = openSpz(await reader.rest(), name);
  const pool = createChunkDataPool({ chunkSize: batchSplats });
  const source = await guarded(name, async () => readSpz(await memorySource(bytes), pool));
  if (source.meta.numGaussians !== header.count) refuse(name, 'is truncated or damaged: one of its streams does not unpack');
  intake.open({ format: 'spz', shDegree: header.shDegree, antialiased: header.antialiased, expected: header.count });
  for (let chunk = 0; chunk * batchSplats < header.count; chunk++)
    await intake.push(await guarded(name, () => readChunk(source, pool, chunk)));
}

const tableDegree = (table: DataTable): number =>
  [0, 9, 24, 45].indexOf(table.columnNames.filter((column) => column.startsWith('f_rest_')).length);

/** Checks the numbers of a .ksplat's header that the library reserves memory for. */
function checkKsplat(bytes: Uint8Array, name: string): number {
  if (bytes.length < 4096) refuse(name, 'is truncated: it ends inside the .ksplat header');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const [sections, count, level] = [view.getUint32(4, true), view.getUint32(16, true), view.getUint16(20, true)];
  if (bytes[0] !== 0 || bytes[1] < 1) refuse(name, `is no .ksplat file, or of version ${bytes[0]}.${bytes[1]}, which is not read`);
  if (count === 0) refuse(name, 'holds no splats: it declares 0 of them');
  const left = bytes.length - 4096 - 1024 * sections;
  const bytesEach = level === 0 ? 44 : 24;
  if (left < count * bytesEach)
    refuse(name, `is truncated: it declares ${count} splats and ends inside splat ${Math.max(0, Math.floor(left / bytesEach)) + 1}`);
  return count;
}

export async function decodeKsplat(reader: ByteReader, name: string, intake: Intake): Promise<void> {
  // A copy: the library lays 32-bit views over it, which must be aligned.
  const bytes = (await reader.rest()).slice();
  const expected = checkKsplat(bytes, name);
  const table = await guarded(name, async () => readKsplat(await memorySource(bytes)));
  const shDegree = tableDegree(table);
  if (shDegree < 0) refuse(name, 'is damaged: its spherical harmonics belong to no degree from 0 to 3');
  intake.open({ format: 'ksplat', shDegree, antialiased: false, expected });
  await deliverTable(table, shDegree, false, intake);
}

/** Where meta.json and the pictures come from. */
interface SogPlace {
  fileSystem: ReadFileSystem;
  metaText: string;
  packedBytes: number | null;
}

async function zipPlace(bytes: Uint8Array): Promise<SogPlace> {
  const fileSystem = new ZipReadFileSystem(await memorySource(bytes));
  const meta = await fileSystem.createSource('meta.json');
  return { fileSystem, metaText: new TextDecoder().decode(await meta.read().readAll()), packedBytes: bytes.length };
}

/** The unbundled form: meta.json is the file, its pictures lie beside it. */
async function folderPlace(bytes: Uint8Array, name: string, sibling: DecodeOptions['sibling']): Promise<SogPlace> {
  const metaText = new TextDecoder().decode(bytes);
  if (/"(?:lodLevels|lod_levels|filenames)"\s*:/.test(metaText)) refuse(name, 'is a streamed SOG scene (lod-meta.json), which is not read');
  const { files } = readSogMeta(metaText, name, null);
  if (!sibling)
    return refuse(name, 'is the meta.json of an unbundled SOG, whose pictures are not beside it; a bundled .sog file can be opened');
  const fileSystem = new MemoryReadFileSystem();
  fileSystem.set('meta.json', bytes);
  let packedBytes = 0;
  for (const file of files) {
    const picture = await sibling(file);
    if (!picture) return refuse(name, `names ${file}, which is not beside it`);
    packedBytes += picture.length;
    fileSystem.set(file, picture);
  }
  return { fileSystem, metaText, packedBytes };
}

/** `folder`: the file is the meta.json of an unbundled SOG. */
export async function decodeSog(reader: ByteReader, name: string, intake: Intake, options: DecodeOptions, folder: boolean): Promise<void> {
  const bytes = await reader.rest();
  const place = await guarded(name, () => (folder ? folderPlace(bytes, name, options.sibling) : zipPlace(bytes)));
  const meta = readSogMeta(place.metaText, name, place.packedBytes);
  if (options.webpWasmUrl !== null) WebPCodec.wasmUrl = options.webpWasmUrl;
  const table = await guarded(name, async () => {
    await checkSogPictures(place.fileSystem, meta, name);
    return readSog(place.fileSystem, 'meta.json');
  });
  const shDegree = tableDegree(table);
  intake.open({ format: 'sog', shDegree: Math.max(0, shDegree), antialiased: meta.antialiased, expected: table.numRows });
  await deliverTable(table, Math.max(0, shDegree), meta.antialiased, intake);
}
