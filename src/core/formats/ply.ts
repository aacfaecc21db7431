/**
 * Splats as a PLY in the layout of the 3DGS paper's code, which other viewers open: x y z, nx ny nz, f_dc_*, f_rest_* (all of one colour
 * channel together), opacity, scale_*, rot_*; 32-bit floats, little-endian, before activation.
 * Invariant: what is written reads back bit for bit; whether the splats were trained antialiased travels in comments.
 */
import { type Failure, type Result, fail, ok } from '../job/failure.ts';
import { type Splats, shBasisCount } from '../scene/splats.ts';
import { type PlyHeader, checkPlyLength, readPlyHeader } from './plyHeader.ts';

/** Our own words, and the spelling other programs look for. */
const antialiasedComments = ['splat-app antialiased', 'SplatRenderMode: mip'];
const readAsAntialiased = [...antialiasedComments, 'antialiased 1'].map((comment) => comment.toLowerCase());

const numbered = (name: string, count: number): string[] => Array.from({ length: count }, (_, i) => `${name}_${i}`);
const restCount = (shDegree: number): number => 3 * (shBasisCount(shDegree) - 1);

const propertyNames = (shDegree: number): string[] => [
  ...['x', 'y', 'z', 'nx', 'ny', 'nz'],
  ...numbered('f_dc', 3),
  ...numbered('f_rest', restCount(shDegree)),
  ...['opacity', ...numbered('scale', 3), ...numbered('rot', 4)],
];

/** Where each value of a row belongs: an array of the splats, how many values a splat has there, and which of them. */
type Slot = [values: Float32Array, stride: number, index: number];

/** Slots in the order of propertyNames, without the normals, which nothing uses. */
function slotsOf(splats: Splats): Slot[] {
  const basis = shBasisCount(splats.shDegree);
  const all = (values: Float32Array, stride: number): Slot[] => Array.from({ length: stride }, (_, i) => [values, stride, i]);
  const sh = (coefficient: number, channel: number): Slot => [splats.sh, 3 * basis, 3 * coefficient + channel];
  const rest = Array.from({ length: restCount(splats.shDegree) }, (_, i) => sh(1 + (i % (basis - 1)), Math.floor(i / (basis - 1))));
  return [
    ...all(splats.means, 3),
    ...[sh(0, 0), sh(0, 1), sh(0, 2), ...rest],
    ...all(splats.opacityLogits, 1),
    ...all(splats.logScales, 3),
    ...all(splats.quats, 4),
  ];
}

const usedNames = (shDegree: number): string[] => propertyNames(shDegree).filter((name) => !/^n[xyz]$/.test(name));

/** Bytes of the file. */
export function writePly(splats: Splats): Uint8Array {
  const names = propertyNames(splats.shDegree);
  const header = [
    ...['ply', 'format binary_little_endian 1.0'],
    ...(splats.antialiased ? antialiasedComments.map((comment) => `comment ${comment}`) : []),
    `element vertex ${splats.count}`,
    ...names.map((name) => `property float ${name}`),
    'end_header\n',
  ].join('\n');
  const head = new TextEncoder().encode(header);
  const bytes = new Uint8Array(head.length + 4 * names.length * splats.count);
  bytes.set(head);
  const view = new DataView(bytes.buffer, head.length);
  const columns = usedNames(splats.shDegree).map((name) => names.indexOf(name));
  for (const [s, [values, stride, index]] of slotsOf(splats).entries()) {
    for (let i = 0; i < splats.count; i++) view.setFloat32(4 * (i * names.length + columns[s]), values[i * stride + index], true);
  }
  return bytes;
}

export interface ReadSplats {
  splats: Splats;
  /** Splats left out because a value was not finite. */
  warnings: Failure[];
}

/** Degree from the number of f_rest_* properties; null when it is no degree's number. */
function shDegreeOf(header: PlyHeader): number | null {
  const count = header.properties.filter(({ name }) => name.startsWith('f_rest_')).length;
  return [0, 1, 2, 3].find((degree) => restCount(degree) === count) ?? null;
}

function emptySplats(count: number, shDegree: number, antialiased: boolean): Splats {
  const floats = (each: number): Float32Array => new Float32Array(count * each);
  const [means, logScales, quats, opacityLogits] = [floats(3), floats(3), floats(4), floats(1)];
  return { count, shDegree, antialiased, means, logScales, quats, opacityLogits, sh: floats(3 * shBasisCount(shDegree)) };
}

/** Fills rows from the front with the splats whose values are all finite; gives back how many there are. */
function fillRows(splats: Splats, header: PlyHeader, bytes: Uint8Array, columns: number[]): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset + header.dataOffset);
  const cells = columns.map((column) => header.properties[column]);
  const slots = slotsOf(splats);
  const row = new Float64Array(cells.length);
  let kept = 0;
  for (let i = 0; i < header.vertexCount; i++) {
    for (const [c, { offset, read }] of cells.entries()) row[c] = read(view, i * header.bytesPerVertex + offset);
    if (!row.every(Number.isFinite)) continue;
    for (const [c, [values, stride, index]] of slots.entries()) values[kept * stride + index] = row[c];
    kept++;
  }
  return kept;
}

function firstRows(splats: Splats, count: number): Splats {
  const part = (values: Float32Array): Float32Array => values.slice(0, (values.length / Math.max(1, splats.count)) * count);
  const { means, logScales, quats, opacityLogits, sh } = splats;
  return {
    ...splats,
    count,
    means: part(means),
    logScales: part(logScales),
    quats: part(quats),
    opacityLogits: part(opacityLogits),
    sh: part(sh),
  };
}

/** Reads splats; rows with a value that is not finite are left out and counted. `bad-file` when it is no splat PLY or is truncated. */
export function readPly(bytes: Uint8Array, name: string): Result<ReadSplats> {
  const bad = (why: string): ReturnType<typeof fail> => fail('bad-file', `${name} ${why}.`, { file: name });
  const read = readPlyHeader(bytes, name);
  if (!read.ok) return read;
  const header = read.value;
  if (header.format === 'ascii') return bad('is an ASCII PLY; splats are read from binary little-endian ones only');
  const shDegree = shDegreeOf(header);
  if (shDegree === null) return bad('has a number of f_rest_* properties that belongs to no SH degree from 0 to 3');
  const wanted = usedNames(shDegree);
  const columns = wanted.map((property) => header.properties.findIndex((there) => there.name === property));
  const missing = wanted.filter((_, i) => columns[i] < 0);
  if (missing.length > 0) return bad(`is a PLY without splats: its vertices have no ${missing.join(', ')}`);
  const whole = checkPlyLength(header, bytes, name);
  if (!whole.ok) return whole;
  const antialiased = header.comments.some((comment) => readAsAntialiased.includes(comment.toLowerCase()));
  const splats = emptySplats(header.vertexCount, shDegree, antialiased);
  const kept = fillRows(splats, header, bytes, columns);
  const dropped = header.vertexCount - kept;
  const detail = `${dropped} of ${header.vertexCount} splats in ${name} have values that are not finite and are left out.`;
  return ok({ splats: firstRows(splats, kept), warnings: dropped > 0 ? [{ code: 'bad-file', detail, file: name }] : [] });
}
