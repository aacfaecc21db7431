/**
 * Compressed PLY (PlayCanvas, "Compressing Gaussian Splats"): runs of 256 splats whose values are fixed-point numbers between the run's
 * bounds. Positions 11-10-11 bits, quaternions by their three smaller components, scales 11-10-11, colours and opacity 8-8-8-8, then SH in
 * an element of its own, a byte each.
 * Invariant: splats are delivered as soon as their last byte is there: with SH, once the SH rows arrive.
 */
import { type Splats, emptySplats, shBasisCount } from '../../scene/splats.ts';
import { type PlyHeader, readPlyHeader } from '../plyHeader.ts';
import type { ByteReader } from './byteReader.ts';
import { type Intake } from './intake.ts';
import { saysAntialiased } from './plyColumns.ts';
import { checkDeclared, peekHeader, rowsPerBatch, truncatedAt } from './plyRows.ts';
import { Refusal, refuse } from './refusal.ts';

const runSplats = 256;
const sh0 = 0.28209479177387814;
const mostLogit = 15;

/** One element of a PLY read as if it were the file's vertices: offsets and types of its properties. */
function elementsOf(head: Uint8Array, name: string): { element: string; header: PlyHeader }[] {
  const lines = new TextDecoder('latin1').decode(head).split('\n');
  const comments = lines.filter((line) => line.startsWith('comment'));
  const found: { element: string; header: PlyHeader }[] = [];
  for (const [i, line] of lines.entries()) {
    const words = line.trim().split(/\s+/);
    if (words[0] !== 'element') continue;
    const rest = lines.slice(i + 1);
    const end = rest.findIndex((other) => !/^property\b/.test(other));
    const alone = ['ply', lines[1], ...comments, `element vertex ${words[2]}`, ...rest.slice(0, end), 'end_header', ''].join('\n');
    const read = readPlyHeader(new TextEncoder().encode(alone), name);
    if (!read.ok) throw new Refusal(read.failure);
    found.push({ element: words[1], header: read.value });
  }
  return found;
}

/** Bounds of a run, in the order of the format; colours have none in older files and then lie in 0..1. */
const boundNames = ['x', 'y', 'z', 'scale_x', 'scale_y', 'scale_z', 'r', 'g', 'b'];

/** [runs, 18]: lower and upper bound of each of boundNames. */
function boundsOf(header: PlyHeader, bytes: Uint8Array, name: string): Float64Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const out = new Float64Array(18 * header.vertexCount);
  for (const [b, bound] of boundNames.entries()) {
    for (const [s, side] of ['min', 'max'].entries()) {
      const property = header.properties.find((there) => there.name === `${side}_${bound}`);
      if (!property && b < 6) refuse(name, `is a compressed PLY whose runs have no ${side}_${bound}`);
      for (let i = 0; i < header.vertexCount; i++)
        out[18 * i + 2 * b + s] = property ? property.read(view, i * header.bytesPerVertex + property.offset) : s;
    }
  }
  return out;
}

interface Packing {
  vertex: PlyHeader;
  bounds: Float64Array;
  /** Byte offsets of position, rotation, scale and colour in a row. */
  words: number[];
}

const fraction = (word: number, shift: number, bits: number): number => ((word >>> shift) & ((1 << bits) - 1)) / ((1 << bits) - 1);

/** Quaternion wxyz from three components of 10 bits and the number of the one left out. */
function unpackQuat(word: number, out: Float32Array, to: number): void {
  const largest = word >>> 30;
  let sum = 0;
  let shift = 20;
  for (let k = 0; k < 4; k++) {
    if (k === largest) continue;
    const value = (fraction(word, shift, 10) - 0.5) * Math.SQRT2;
    out[to + k] = value;
    sum += value * value;
    shift -= 10;
  }
  out[to + largest] = Math.sqrt(Math.max(0, 1 - sum));
}

/** Rows [0, count) of `bytes`, which are splats [first, ...) of the file. */
function unpackRows(splats: Splats, bytes: Uint8Array, first: number, { vertex, bounds, words }: Packing): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const perSplat = 3 * shBasisCount(splats.shDegree);
  for (let i = 0; i < splats.count; i++) {
    const at = i * vertex.bytesPerVertex;
    const run = 18 * Math.floor((first + i) / runSplats);
    const between = (b: number, t: number): number => bounds[run + 2 * b] * (1 - t) + bounds[run + 2 * b + 1] * t;
    const [position, rotation, scale, colour] = words.map((offset) => view.getUint32(at + offset, true));
    for (let k = 0; k < 3; k++) {
      const [shift, bits] = [
        [21, 11],
        [11, 10],
        [0, 11],
      ][k];
      splats.means[3 * i + k] = between(k, fraction(position, shift, bits));
      splats.logScales[3 * i + k] = between(3 + k, fraction(scale, shift, bits));
      splats.sh[perSplat * i + k] = (between(6 + k, fraction(colour, 24 - 8 * k, 8)) - 0.5) / sh0;
    }
    unpackQuat(rotation, splats.quats, 4 * i);
    const opacity = (colour & 255) / 255;
    splats.opacityLogits[i] = Math.max(-mostLogit, Math.min(mostLogit, Math.log(opacity / (1 - opacity))));
  }
}

/** SH bytes stand for the middle of 256 steps over [-4, 4]; the first and the last for the ends. */
const restValue = (byte: number): number => (byte === 0 ? -4 : byte === 255 ? 4 : ((byte + 0.5) / 256 - 0.5) * 8);

function unpackRest(splats: Splats, bytes: Uint8Array, header: PlyHeader): void {
  const basis = shBasisCount(splats.shDegree);
  for (let c = 0; c < 3; c++) {
    for (let k = 1; k < basis; k++) {
      const at = header.properties.find((property) => property.name === `f_rest_${c * (basis - 1) + k - 1}`)?.offset ?? -1;
      if (at < 0) continue;
      for (let i = 0; i < splats.count; i++) splats.sh[3 * basis * i + 3 * k + c] = restValue(bytes[i * header.bytesPerVertex + at]);
    }
  }
}

/** The three elements, checked against each other and the file's length. */
function readShape(head: Uint8Array, name: string, totalBytes: number | null) {
  const elements = elementsOf(head, name);
  const of = (element: string): PlyHeader | undefined => elements.find((found) => found.element === element)?.header;
  const [chunk, vertex, sh] = [of('chunk'), of('vertex'), of('sh')];
  if (!chunk || !vertex) return refuse(name, 'is a compressed PLY without runs or vertices');
  if (elements.map(({ element }) => element).join() !== (sh ? 'chunk,vertex,sh' : 'chunk,vertex'))
    refuse(name, 'is a compressed PLY with its elements in an order that is not read');
  const words = ['position', 'rotation', 'scale', 'color'].map((part) => {
    const property = vertex.properties.find((there) => there.name === `packed_${part}`);
    return property ? property.offset : refuse(name, `is a compressed PLY whose vertices have no packed_${part}`);
  });
  if (chunk.format === 'ascii') refuse(name, 'is a compressed PLY in ASCII, which is not read');
  const shDegree = sh ? [0, 9, 24, 45].indexOf(sh.properties.length) : 0;
  if (shDegree < 0 || (sh && sh.bytesPerVertex !== sh.properties.length))
    refuse(name, 'is a compressed PLY with a number of f_rest_* properties that belongs to no SH degree from 0 to 3');
  if (chunk.vertexCount * runSplats < vertex.vertexCount || (sh && sh.vertexCount !== vertex.vertexCount))
    refuse(name, `is damaged: ${chunk.vertexCount} runs of ${runSplats} do not hold its ${vertex.vertexCount} splats`);
  const left = totalBytes === null ? null : totalBytes - head.length - chunk.vertexCount * chunk.bytesPerVertex;
  checkDeclared(name, vertex.vertexCount, vertex.bytesPerVertex + (sh ? sh.bytesPerVertex : 0), left);
  return { chunk, vertex, sh, words, shDegree };
}

/** Reads a compressed PLY from its first byte on. */
export async function decodeCompressedPly(reader: ByteReader, name: string, intake: Intake): Promise<void> {
  const head = await peekHeader(reader, name);
  const { chunk, vertex, sh, words, shDegree } = readShape(head, name, reader.totalBytes);
  await reader.take(head.length);
  const table = await reader.take(chunk.vertexCount * chunk.bytesPerVertex);
  const total = vertex.vertexCount;
  if (table.length < chunk.vertexCount * chunk.bytesPerVertex) truncatedAt(name, total, 0);
  const packing: Packing = { vertex, bounds: boundsOf(chunk, table, name), words };
  const antialiased = saysAntialiased(vertex.comments);
  intake.open({ format: 'compressed-ply', shDegree, antialiased, expected: total });
  const rowBytes = vertex.bytesPerVertex;
  const rows = sh ? await reader.take(total * rowBytes) : null;
  if (rows && rows.length < total * rowBytes) truncatedAt(name, total, Math.floor(rows.length / rowBytes));
  const eachBytes = sh ? sh.bytesPerVertex : rowBytes;
  const most = rowsPerBatch(rowBytes + (sh?.bytesPerVertex ?? 0));
  for (let done = 0; done < total;) {
    const wanted = Math.min(most, total - done);
    const bytes = await reader.take(wanted * eachBytes);
    const whole = Math.floor(bytes.length / eachBytes);
    const splats = emptySplats(whole, shDegree, antialiased);
    unpackRows(splats, rows ? rows.subarray(done * rowBytes) : bytes, done, packing);
    if (sh) unpackRest(splats, bytes, sh);
    await intake.push(splats);
    done += whole;
    if (whole < wanted) truncatedAt(name, total, done);
  }
}
