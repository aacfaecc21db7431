/**
 * PLY header (Turk, "The PLY Polygon File Format", 1994): elements, properties and where the data begins.
 * Invariant: a header that is given back is whole, its first vertex element has a fixed number of bytes per row, and the file is either
 * ASCII or little-endian.
 */
import { type Result, fail, ok } from '../job/failure.ts';

/** Bytes and reader of each scalar type; both spellings of the format's history. */
const scalars: Record<string, [bytes: number, read: (view: DataView, at: number) => number]> = {};
const defineScalar = (names: string[], bytes: number, read: (view: DataView, at: number) => number): void => {
  for (const name of names) scalars[name] = [bytes, read];
};
defineScalar(['char', 'int8'], 1, (view, at) => view.getInt8(at));
defineScalar(['uchar', 'uint8'], 1, (view, at) => view.getUint8(at));
defineScalar(['short', 'int16'], 2, (view, at) => view.getInt16(at, true));
defineScalar(['ushort', 'uint16'], 2, (view, at) => view.getUint16(at, true));
defineScalar(['int', 'int32'], 4, (view, at) => view.getInt32(at, true));
defineScalar(['uint', 'uint32'], 4, (view, at) => view.getUint32(at, true));
defineScalar(['float', 'float32'], 4, (view, at) => view.getFloat32(at, true));
defineScalar(['double', 'float64'], 8, (view, at) => view.getFloat64(at, true));

export interface PlyProperty {
  name: string;
  /** Byte offset within a binary row. */
  offset: number;
  read: (view: DataView, at: number) => number;
}

export interface PlyHeader {
  format: 'ascii' | 'binary_little_endian';
  comments: string[];
  vertexCount: number;
  properties: PlyProperty[];
  bytesPerVertex: number;
  /** Where the vertex data begins. */
  dataOffset: number;
}

/** A header is text of a few kilobytes; one that has not ended by here is another kind of file. */
const longestHeaderBytes = 1 << 16;

function headerLines(bytes: Uint8Array): { lines: string[]; dataOffset: number } | null {
  const text = new TextDecoder('latin1').decode(bytes.subarray(0, longestHeaderBytes));
  const end = /(^|\n)end_header\r?\n/.exec(text);
  if (!/^ply\r?\n/.test(text) || !end) return null;
  return {
    lines: text
      .slice(0, end.index)
      .split('\n')
      .map((line) => line.trim()),
    dataOffset: end.index + end[0].length,
  };
}

interface Draft {
  format: string;
  comments: string[];
  elements: { name: string; count: number; properties: string[][] }[];
}

function draftOf(lines: string[]): Draft {
  const draft: Draft = { format: '', comments: [], elements: [] };
  for (const line of lines) {
    const words = line.split(/\s+/);
    if (words[0] === 'format') draft.format = words[1] ?? '';
    else if (words[0] === 'comment') draft.comments.push(line.slice('comment'.length).trim());
    else if (words[0] === 'element') draft.elements.push({ name: words[1] ?? '', count: Number(words[2]), properties: [] });
    else if (words[0] === 'property') draft.elements.at(-1)?.properties.push(words.slice(1));
  }
  return draft;
}

/** Reads the header. `bad-file` when it is not a PLY, not one we can read, or has no vertex element in first place. */
export function readPlyHeader(bytes: Uint8Array, name: string): Result<PlyHeader> {
  const bad = (why: string): ReturnType<typeof fail> => fail('bad-file', `${name} ${why}.`, { file: name });
  const found = headerLines(bytes);
  if (!found) return bad('is not a PLY file, or its header is truncated');
  const { format, comments, elements } = draftOf(found.lines);
  if (format !== 'ascii' && format !== 'binary_little_endian')
    return bad(`is a PLY of the format "${format}"; only ascii and little-endian are read`);
  const vertex = elements[0];
  if (vertex?.name !== 'vertex') return bad('has no vertices as its first element');
  if (!Number.isSafeInteger(vertex.count) || vertex.count < 0) return bad('has no valid number of vertices');
  const properties: PlyProperty[] = [];
  let offset = 0;
  for (const [type, property] of vertex.properties) {
    if (property === undefined || !(type in scalars)) return bad(`has a vertex property of the type "${type}", which is not read`);
    const [size, read] = scalars[type];
    properties.push({ name: property, offset, read });
    offset += size;
  }
  return ok({ format, comments, vertexCount: vertex.count, properties, bytesPerVertex: offset, dataOffset: found.dataOffset });
}

/** `bad-file` when a binary file's bytes end before its last vertex. */
export function checkPlyLength(header: PlyHeader, bytes: Uint8Array, name: string): Result<null> {
  const there = Math.floor((bytes.length - header.dataOffset) / Math.max(1, header.bytesPerVertex));
  if (header.vertexCount <= there) return ok(null);
  const detail = `${name} is truncated: it declares ${header.vertexCount} vertices and ends inside vertex ${there + 1}.`;
  return fail('bad-file', detail, { file: name });
}
