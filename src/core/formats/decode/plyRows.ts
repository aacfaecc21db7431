/**
 * PLY splats row by row, as they arrive: binary little-endian with any order and type of properties, and ASCII.
 * Invariant: a row is delivered as soon as a batch of them is whole; the declared number is believed only as far as bytes follow.
 */
import { type Splats, emptySplats } from '../../scene/splats.ts';
import { type PlyHeader, readPlyHeader } from '../plyHeader.ts';
import type { ByteReader } from './byteReader.ts';
import { type Intake, batchSplats } from './intake.ts';
import { type PlyLayout, fillColumn, plyLayout } from './plyColumns.ts';
import { Refusal, refuse } from './refusal.ts';

/** A header that has not ended by here is none. */
const longestHeaderBytes = 1 << 16;

/** Bytes of the header, its last line included. Nothing is taken. */
export async function peekHeader(reader: ByteReader, name: string): Promise<Uint8Array> {
  for (let size = 1 << 11; size <= longestHeaderBytes; size *= 2) {
    const bytes = await reader.peek(size);
    const text = new TextDecoder('latin1').decode(bytes);
    const end = /\nend_header\r?\n/.exec(text);
    if (end) return bytes.slice(0, end.index + end[0].length);
    if (bytes.length < size) break;
  }
  return refuse(name, 'is a PLY whose header is truncated');
}

/** Rows of a batch: about a megabyte (four with SH of degree 3), so that something is seen early whatever a row weighs. */
export const rowsPerBatch = (bytesPerRow: number): number => Math.min(batchSplats, Math.max(1 << 14, Math.floor((1 << 20) / bytesPerRow)));

/** "is truncated" with the splat at which it happens, counted from 1. */
export const truncatedAt = (name: string, declared: number, there: number): never =>
  refuse(name, `is truncated: it declares ${declared} splats and ends inside splat ${there + 1}`);

/** Refuses a declared number that the length of the file cannot hold; an unknown length is found out while reading. */
export function checkDeclared(name: string, declared: number, bytesEach: number, bytesLeft: number | null): void {
  if (declared === 0) refuse(name, 'holds no splats: it declares 0 of them');
  if (bytesLeft !== null && declared * bytesEach > bytesLeft) truncatedAt(name, declared, Math.max(0, Math.floor(bytesLeft / bytesEach)));
}

const blockRows = 64;

/** A batch of rows of 32-bit floats only: indexed as numbers, four times as fast as through a DataView. */
function fillFromFloats(splats: Splats, layout: PlyLayout, bytes: Uint8Array, perRow: number): void {
  const aligned = bytes.byteOffset % 4 === 0 ? bytes : bytes.slice();
  const floats = new Float32Array(aligned.buffer, aligned.byteOffset, splats.count * perRow);
  // In blocks that stay in the cache while every column is picked out of them.
  for (let first = 0; first < splats.count; first += blockRows) {
    const end = Math.min(first + blockRows, splats.count);
    for (const { column, array, stride, index, otherwise } of layout.columns) {
      const values = splats[array];
      if (column < 0) for (let i = first; i < end; i++) values[i * stride + index] = otherwise;
      else for (let i = first; i < end; i++) values[i * stride + index] = floats[i * perRow + column];
    }
  }
}

function fillFromView(splats: Splats, layout: PlyLayout, header: PlyHeader, bytes: Uint8Array): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  for (const column of layout.columns) {
    const property = header.properties[column.column];
    const read = property
      ? (row: number): number => property.read(view, row * header.bytesPerVertex + property.offset)
      : (): number => column.otherwise;
    fillColumn(splats, column, read);
  }
}

async function binaryRows(reader: ByteReader, header: PlyHeader, layout: PlyLayout, name: string, intake: Intake): Promise<void> {
  const { vertexCount, bytesPerVertex, properties } = header;
  const onlyFloats = bytesPerVertex === 4 * properties.length && properties.every(({ read }) => read(floatProbe, 0) === 0.15625);
  const most = rowsPerBatch(bytesPerVertex);
  for (let done = 0; done < vertexCount;) {
    const rows = Math.min(most, vertexCount - done);
    const bytes = await reader.take(rows * bytesPerVertex);
    const whole = Math.floor(bytes.length / bytesPerVertex);
    const splats = emptySplats(whole, layout.shDegree, layout.antialiased);
    if (onlyFloats) fillFromFloats(splats, layout, bytes, properties.length);
    else fillFromView(splats, layout, header, bytes);
    await intake.push(splats);
    done += whole;
    if (whole < rows) truncatedAt(name, vertexCount, done);
  }
}

/** Bits that are 0.15625 as a float and something else as any other four-byte type. */
const floatProbe = new DataView(new ArrayBuffer(8));
floatProbe.setUint32(0, 0x3e200000, true);

/** Text is read in pieces of this many bytes. */
const textPieceBytes = 1 << 20;

async function asciiRows(reader: ByteReader, header: PlyHeader, layout: PlyLayout, name: string, intake: Intake): Promise<void> {
  let rest = '';
  let done = 0;
  while (done < header.vertexCount) {
    const bytes = await reader.take(textPieceBytes);
    const lines = (rest + new TextDecoder('latin1').decode(bytes)).split('\n');
    rest = bytes.length < textPieceBytes ? '' : (lines.pop() ?? '');
    const rows = lines.filter((line) => line.trim() !== '').slice(0, header.vertexCount - done);
    const numbers = rows.map((line) => line.trim().split(/\s+/).map(Number));
    const short = numbers.findIndex((row) => row.length < header.properties.length);
    if (short >= 0) truncatedAt(name, header.vertexCount, done + short);
    const splats = emptySplats(rows.length, layout.shDegree, layout.antialiased);
    for (const column of layout.columns)
      fillColumn(splats, column, (i) => (column.column < 0 ? column.otherwise : numbers[i][column.column]));
    await intake.push(splats);
    done += rows.length;
    if (bytes.length < textPieceBytes && done < header.vertexCount) truncatedAt(name, header.vertexCount, done);
    if (rest.length > textPieceBytes) refuse(name, 'is an ASCII PLY with a line that does not end');
  }
}

/** Reads a PLY of splats from its first byte on. */
export async function decodePly(reader: ByteReader, name: string, intake: Intake): Promise<void> {
  const head = await peekHeader(reader, name);
  const read = readPlyHeader(head, name);
  if (!read.ok) throw new Refusal(read.failure);
  const header = read.value;
  const layout = plyLayout(header, name);
  await reader.take(header.dataOffset);
  const left = reader.totalBytes === null ? null : reader.totalBytes - header.dataOffset;
  const ascii = header.format === 'ascii';
  // A row of text has a digit and a separator for every number at least.
  checkDeclared(name, header.vertexCount, ascii ? 2 * header.properties.length - 1 : header.bytesPerVertex, left);
  const { shDegree, antialiased, degreeInFile } = layout;
  intake.open({ format: 'ply', shDegree, antialiased, expected: header.vertexCount });
  if (degreeInFile > 3) intake.warn(`${name} has spherical harmonics up to degree ${degreeInFile}; those above degree 3 are left out.`);
  await (ascii ? asciiRows : binaryRows)(reader, header, layout, name, intake);
}
