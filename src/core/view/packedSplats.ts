/**
 * Packed splats: the form splats have between the decoder and the viewer's renderers. 32 bytes a splat and two bytes for every SH
 * coefficient above degree 0. shaders/view/packed_splat.wgsl reads it.
 *
 * Words of `geometry`, 8 per splat:
 *   0-2  mean, f32
 *   3    log scale x (low 16 bits), y (high), fixed point over [scaleLow, scaleHigh]
 *   4    log scale z (low), opacity after the sigmoid, 16-bit unorm (high)
 *   5    SH degree 0: red (low), green (high), f16
 *   6    SH degree 0: blue (low), f16; quaternion component a, 15 bits (high)
 *   7    quaternion components b (bits 17-31), c (bits 2-16), which component of wxyz is the largest and left out (bits 0-1)
 * Words of `sh`, shWords(degree) per splat: f16 pairs, coefficients 1.. in order, r g b within each; padded with zeros to 16 bytes.
 *
 * Invariant: packing is row by row and position-free, so any run of splats can be packed and appended by itself.
 */
import { type Splats, emptySplats, shBasisCount } from '../scene/splats.ts';

export interface PackedSplats {
  count: number;
  /** 0..3. */
  shDegree: number;
  /** [count, geometryWords]. */
  geometry: Uint32Array<ArrayBuffer>;
  /** [count, shWords(shDegree)]; empty at degree 0. */
  sh: Uint32Array<ArrayBuffer>;
}

export const geometryWords = 8;

/** Words of SH a splat has above degree 0: a multiple of 4. */
export const shWords = (degree: number): number => [0, 8, 12, 24][degree];

/** Range of a packed log scale: from two billionths of a unit to 160,000 units. What lies outside is clamped. */
export const scaleLow = -20;
export const scaleHigh = 12;

/** Bytes a splat takes in this form. */
export const packedBytes = (degree: number): number => 4 * (geometryWords + shWords(degree));

const clamp = (x: number, low: number, high: number): number => (x > low ? (x < high ? x : high) : low);
const fixedScale = (s: number): number => Math.round(((clamp(s, scaleLow, scaleHigh) - scaleLow) / (scaleHigh - scaleLow)) * 65535);
const unorm16 = (x: number): number => Math.round(clamp(x, 0, 1) * 65535);
const component15 = (x: number): number => Math.round((clamp(x * Math.SQRT2, -1, 1) * 0.5 + 0.5) * 32767);

const oneFloat = new Float32Array(1);
const oneWord = new Uint32Array(oneFloat.buffer);

/** IEEE 754 binary16 of a number, rounded to nearest even, largest finite value instead of infinity. */
export function toHalf(x: number): number {
  oneFloat[0] = x;
  const bits = oneWord[0];
  const sign = (bits >>> 16) & 0x8000;
  const magnitude = bits & 0x7fffffff;
  if (magnitude >= 0x477ff000) return sign | 0x7bff;
  if (magnitude < 0x33000001) return sign;
  const exponent = magnitude >>> 23;
  if (exponent >= 113) {
    const rounded = magnitude + 0xfff + ((magnitude >>> 13) & 1);
    return sign | ((rounded - 0x38000000) >>> 13);
  }
  const shift = 126 - exponent;
  const mantissa = (magnitude & 0x7fffff) | 0x800000;
  const half = mantissa >>> shift;
  const rest = mantissa & ((1 << shift) - 1);
  const middle = 1 << (shift - 1);
  return sign | (half + (rest > middle || (rest === middle && (half & 1) === 1) ? 1 : 0));
}

/** The number an IEEE 754 binary16 stands for. */
export function fromHalf(half: number): number {
  const sign = half & 0x8000 ? -1 : 1;
  const exponent = (half >>> 10) & 31;
  const mantissa = half & 0x3ff;
  if (exponent === 0) return sign * mantissa * 2 ** -24;
  if (exponent === 31) return mantissa ? NaN : sign * Infinity;
  return sign * (1 + mantissa / 1024) * 2 ** (exponent - 15);
}

/** Writes one quaternion wxyz (need not be unit, not zero) into words 6 and 7 of a row whose word 6 holds the blue half already. */
function packQuat(words: Uint32Array, at: number, q: Float32Array, from: number): void {
  let largest = 0;
  for (let k = 1; k < 4; k++) if (Math.abs(q[from + k]) > Math.abs(q[from + largest])) largest = k;
  const length = Math.hypot(q[from], q[from + 1], q[from + 2], q[from + 3]);
  const s = (q[from + largest] < 0 ? -1 : 1) / length;
  let slot = 0;
  const parts = [0, 0, 0];
  for (let k = 0; k < 4; k++) if (k !== largest) parts[slot++] = component15(q[from + k] * s);
  words[at + 6] |= parts[0] << 16;
  words[at + 7] = ((parts[1] << 17) | (parts[2] << 2) | largest) >>> 0;
}

/** Packs splats [first, first + count). Values must be finite and quaternions not zero. */
export function packSplats(splats: Splats, first = 0, count = splats.count - first): PackedSplats {
  const basis = shBasisCount(splats.shDegree);
  const perSplat = shWords(splats.shDegree);
  const geometry = new Uint32Array(count * geometryWords);
  const floats = new Float32Array(geometry.buffer);
  const sh = new Uint32Array(count * perSplat);
  const halves = new Uint16Array(sh.buffer);
  for (let i = 0; i < count; i++) {
    const from = first + i;
    const at = i * geometryWords;
    for (let k = 0; k < 3; k++) floats[at + k] = splats.means[3 * from + k];
    const s = 3 * from;
    geometry[at + 3] = fixedScale(splats.logScales[s]) | (fixedScale(splats.logScales[s + 1]) << 16);
    const opacity = 1 / (1 + Math.exp(-splats.opacityLogits[from]));
    geometry[at + 4] = fixedScale(splats.logScales[s + 2]) | (unorm16(opacity) << 16);
    const c = 3 * basis * from;
    geometry[at + 5] = toHalf(splats.sh[c]) | (toHalf(splats.sh[c + 1]) << 16);
    geometry[at + 6] = toHalf(splats.sh[c + 2]);
    packQuat(geometry, at, splats.quats, 4 * from);
    for (let k = 3; k < 3 * basis; k++) halves[2 * perSplat * i + k - 3] = toHalf(splats.sh[c + k]);
  }
  return { count, shDegree: splats.shDegree, geometry, sh };
}

/** The quaternion wxyz of a row, unit. */
export function unpackQuat(words: Uint32Array, at: number, out: Float32Array | Float64Array, to: number): void {
  const largest = words[at + 7] & 3;
  const parts = [(words[at + 6] >>> 16) & 0x7fff, words[at + 7] >>> 17, (words[at + 7] >>> 2) & 0x7fff];
  let sum = 0;
  let slot = 0;
  for (let k = 0; k < 4; k++) {
    if (k === largest) continue;
    const x = (parts[slot++] / 32767 - 0.5) * Math.SQRT2;
    out[to + k] = x;
    sum += x * x;
  }
  out[to + largest] = Math.sqrt(Math.max(0, 1 - sum));
}

/** Log scale of axis 0..2 of a row. */
export function unpackLogScale(words: Uint32Array, at: number, axis: number): number {
  const word = words[at + (axis < 2 ? 3 : 4)];
  return (((axis === 1 ? word >>> 16 : word) & 0xffff) / 65535) * (scaleHigh - scaleLow) + scaleLow;
}

/** Opacity of a row, after the sigmoid. */
export const unpackOpacity = (words: Uint32Array, at: number): number => (words[at + 4] >>> 16) / 65535;

/** Back to full numbers, for tests, probes and saving. Opacities of 0 and 1 become logits of -15 and 15. */
export function unpackSplats(packed: PackedSplats, antialiased = false): Splats {
  const { count, shDegree, geometry } = packed;
  const basis = shBasisCount(shDegree);
  const floats = new Float32Array(geometry.buffer, geometry.byteOffset, geometry.length);
  const halves = new Uint16Array(packed.sh.buffer, packed.sh.byteOffset, 2 * packed.sh.length);
  const out = emptySplats(count, shDegree, antialiased);
  for (let i = 0; i < count; i++) {
    const at = i * geometryWords;
    for (let k = 0; k < 3; k++) {
      out.means[3 * i + k] = floats[at + k];
      out.logScales[3 * i + k] = unpackLogScale(geometry, at, k);
    }
    unpackQuat(geometry, at, out.quats, 4 * i);
    const opacity = unpackOpacity(geometry, at);
    out.opacityLogits[i] = clamp(Math.log(opacity / (1 - opacity)), -15, 15);
    const c = 3 * basis * i;
    out.sh.set([fromHalf(geometry[at + 5] & 0xffff), fromHalf(geometry[at + 5] >>> 16), fromHalf(geometry[at + 6] & 0xffff)], c);
    for (let k = 3; k < 3 * basis; k++) out.sh[c + k] = fromHalf(halves[2 * shWords(shDegree) * i + k - 3]);
  }
  return out;
}
