/**
 * Writing SPZ files (github.com/nianticlabs/spz, version 3): fixed-point numbers, attribute by attribute, in one gzip stream. The format's
 * own program evaluates text as code when it starts, which the app's policy refuses; this does not.
 * Invariant: numbers are written as they are, in the axes of the .ply; what lies outside a field's range takes its nearest end.
 */
import { gzipSync } from 'fflate';
import { type Splats, shBasisCount } from '../scene/splats.ts';

const magic = 0x5053474e;
const version = 3;
const headerBytes = 16;
/** 24 bits with their sign. */
const mostFixed = 2 ** 23 - 1;
const mostFractionalBits = 12;
/** Bits kept of a coefficient of degree 1, and of the higher ones. */
const [sh1Bits, shRestBits] = [5, 4];

const byteOf = (value: number): number => Math.min(255, Math.max(0, Math.round(value)));

/** As many as leave room for the farthest splat: 1/4096 of a unit in scenes within 2048 units. */
function fractionalBitsOf(means: Float32Array): number {
  let most = 0;
  for (const value of means) most = Math.max(most, Math.abs(value));
  let bits = mostFractionalBits;
  while (bits > 0 && most * 2 ** bits > mostFixed) bits--;
  return bits;
}

/** A coefficient's byte: the middle of its step, so that few bits and a good compression remain. */
function shByte(value: number, bits: number): number {
  const step = 1 << (8 - bits);
  const byte = Math.round(128 * value) + 128;
  return Math.min(255, Math.max(0, Math.floor((byte + step / 2) / step) * step));
}

/** "Smallest three": which of x, y, z, w is the largest, and sign and 9 bits of each of the others over 1/sqrt(2). */
function packedRotation([w, x, y, z]: ArrayLike<number> & Iterable<number>): number {
  const length = Math.hypot(w, x, y, z);
  const q = length > 0 ? [x / length, y / length, z / length, w / length] : [0, 0, 0, 1];
  let largest = 0;
  for (let k = 1; k < 4; k++) if (Math.abs(q[k]) > Math.abs(q[largest])) largest = k;
  let packed = largest;
  for (let k = 0; k < 4; k++) {
    if (k === largest) continue;
    const isNegative = q[k] < 0 !== q[largest] < 0;
    packed = (packed << 10) | (isNegative ? 512 : 0) | Math.min(511, Math.floor(511 * Math.abs(q[k]) * Math.SQRT2 + 0.5));
  }
  return packed >>> 0;
}

function writeMeans(view: DataView, at: number, means: Float32Array, fractionalBits: number): void {
  for (let i = 0; i < means.length; i++) {
    const fixed = Math.min(mostFixed, Math.max(-mostFixed - 1, Math.round(means[i] * 2 ** fractionalBits)));
    view.setUint16(at + 3 * i, fixed & 0xffff, true);
    view.setUint8(at + 3 * i + 2, (fixed >> 16) & 255);
  }
}

/** The splats as an .spz file's bytes. */
export function writeSpz(splats: Splats): Uint8Array {
  const { count, shDegree, antialiased, means, logScales, quats, opacityLogits, sh } = splats;
  const basis = shBasisCount(shDegree);
  const rest = 3 * (basis - 1);
  const bytes = new Uint8Array(headerBytes + count * (20 + rest));
  const view = new DataView(bytes.buffer);
  [magic, version, count].forEach((word, k) => view.setUint32(4 * k, word, true));
  const fractionalBits = fractionalBitsOf(means);
  bytes.set([shDegree, fractionalBits, antialiased ? 1 : 0, 0], 12);
  const [opacities, colours, scales, rotations, coefficients] = [9, 10, 13, 16, 20].map((each) => headerBytes + each * count);
  writeMeans(view, headerBytes, means, fractionalBits);
  for (let i = 0; i < count; i++) {
    bytes[opacities + i] = byteOf(255 / (1 + Math.exp(-opacityLogits[i])));
    for (let k = 0; k < 3; k++) {
      bytes[colours + 3 * i + k] = byteOf(255 * (0.5 + 0.15 * sh[3 * basis * i + k]));
      bytes[scales + 3 * i + k] = byteOf(16 * (logScales[3 * i + k] + 10));
    }
    view.setUint32(rotations + 4 * i, packedRotation(quats.subarray(4 * i, 4 * i + 4)), true);
    for (let k = 0; k < rest; k++) bytes[coefficients + rest * i + k] = shByte(sh[3 * basis * i + 3 + k], k < 9 ? sh1Bits : shRestBits);
  }
  return gzipSync(bytes, { mtime: 0 });
}
