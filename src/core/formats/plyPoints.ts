/**
 * Sparse points from a PLY point cloud: x y z and, when present, red green blue (0..255 or 0..1 for floats).
 * Invariant: positions are in the file's own frame; a cloud without colours is mid-grey.
 */
import { type Result, fail, ok } from '../job/failure.ts';
import type { SparsePoints } from '../scene/reconstruction.ts';
import { type PlyHeader, checkPlyLength, readPlyHeader } from './plyHeader.ts';

/** Value of a property in a vertex. */
type Cell = (vertex: number, property: number) => number;

function binaryCells(header: PlyHeader, bytes: Uint8Array): Cell {
  const view = new DataView(bytes.buffer, bytes.byteOffset + header.dataOffset);
  return (vertex, property) => {
    const { offset, read } = header.properties[property];
    return read(view, vertex * header.bytesPerVertex + offset);
  };
}

function asciiCells(header: PlyHeader, bytes: Uint8Array, name: string): Result<Cell> {
  const rows = new TextDecoder()
    .decode(bytes.subarray(header.dataOffset))
    .split('\n')
    .filter((row) => row.trim() !== '');
  if (rows.length < header.vertexCount) {
    return fail('bad-file', `${name} is truncated: it declares ${header.vertexCount} vertices and has ${rows.length} lines.`, {
      file: name,
    });
  }
  const cells = rows.slice(0, header.vertexCount).map((row) => row.trim().split(/\s+/).map(Number));
  return ok((vertex, property) => cells[vertex][property] ?? NaN);
}

function cellsOf(header: PlyHeader, bytes: Uint8Array, name: string): Result<Cell> {
  if (header.format === 'ascii') return asciiCells(header, bytes, name);
  const whole = checkPlyLength(header, bytes, name);
  return whole.ok ? ok(binaryCells(header, bytes)) : whole;
}

const grey = 128;

/** Reads a point cloud, ASCII or little-endian. `bad-file` when it is no PLY, truncated or without positions. */
export function readPlyPoints(bytes: Uint8Array, name: string): Result<SparsePoints> {
  const header = readPlyHeader(bytes, name);
  if (!header.ok) return header;
  const cells = cellsOf(header.value, bytes, name);
  if (!cells.ok) return cells;
  const { vertexCount: count, properties } = header.value;
  const columns = (names: string[]): number[] => names.map((wanted) => properties.findIndex((property) => property.name === wanted));
  const position = columns(['x', 'y', 'z']);
  if (position.includes(-1)) return fail('bad-file', `${name} has vertices without x, y and z.`, { file: name });
  const colour = columns(['red', 'green', 'blue']);
  const xyz = Float64Array.from({ length: 3 * count }, (_, i) => cells.value(Math.floor(i / 3), position[i % 3]));
  const raw = colour.includes(-1)
    ? null
    : Float64Array.from({ length: 3 * count }, (_, i) => cells.value(Math.floor(i / 3), colour[i % 3]));
  const scale = raw && raw.every((value) => value <= 1) && raw.some((value) => value % 1 !== 0) ? 255 : 1;
  const rgb = raw
    ? Uint8Array.from(raw, (value) => Math.round(Math.min(255, Math.max(0, value * scale))))
    : new Uint8Array(3 * count).fill(grey);
  return ok({ count, xyz, rgb, error: new Float32Array(count), trackLength: new Uint32Array(count) });
}
