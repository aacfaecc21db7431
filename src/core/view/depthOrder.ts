/**
 * Depth order on the CPU: which splats lie in front of a camera plane, from the farthest to the nearest, by a radix sort over the bits of
 * their depths (positive floats order as their bits do; the bits spread as the logarithm, so one far splat costs no precision up close).
 * Invariant: splats of equal keys come in falling index order, so that read from the near end the order is (depth, index), as the
 * rasterizer's; no memory is allocated while the number of splats stays.
 */
import { geometryWords } from './packedSplats.ts';

/** What an order depends on: depth = x * axis[0] + y * axis[1] + z * axis[2] + offset, the last row of a world-to-camera pose. */
export interface ViewPlane {
  axis: readonly [number, number, number];
  offset: number;
  /** Splats at this depth or nearer are left out; may be negative. */
  nearest: number;
}

export interface Ordered {
  /** Splats in the order. */
  count: number;
  /** Depth of the one in the middle; 0 when there is none. */
  medianDepth: number;
}

export interface DepthOrder {
  /**
   * Orders the first `count` packed rows back to front into `out` (room for `count`). Rows of opacity below 1/255 are left out. `exact`
   * compares whole f32 depths; otherwise the highest 22 bits that differ in the scene, with one pass less.
   */
  order(rows: Uint32Array, count: number, plane: ViewPlane, exact: boolean, out: Uint32Array): Ordered;
}

const digitBits = 11;
const buckets = 1 << digitBits;
const mask = buckets - 1;
/** An opacity of 16 bits that is not above 1/255 draws nothing. */
const leastOpacity = 65535 / 255;

interface Scratch {
  depths: Float32Array;
  /** The same memory: depth bits, then keys. */
  keys: Uint32Array;
  ids: Uint32Array;
  otherKeys: Uint32Array;
  otherIds: Uint32Array;
}

function createScratch(capacity: number): Scratch {
  const depths = new Float32Array(capacity);
  const words = (): Uint32Array => new Uint32Array(capacity);
  return { depths, keys: new Uint32Array(depths.buffer), ids: words(), otherKeys: words(), otherIds: words() };
}

/** Depth beyond the nearest allowed, and index, of every row that can be seen, in falling index order. Returns how many. */
function collect(rows: Uint32Array, count: number, plane: ViewPlane, scratch: Scratch): number {
  const floats = new Float32Array(rows.buffer, rows.byteOffset, rows.length);
  const { depths, ids } = scratch;
  const [x, y, z] = plane.axis;
  const offset = plane.offset - plane.nearest;
  let kept = 0;
  for (let i = count - 1; i >= 0; i--) {
    const at = i * geometryWords;
    if (rows[at + 4] >>> 16 <= leastOpacity) continue;
    const depth = x * floats[at] + y * floats[at + 1] + z * floats[at + 2] + offset;
    if (!(depth > 0 && depth < 3e38)) continue;
    depths[kept] = depth;
    ids[kept++] = i;
  }
  return kept;
}

/** Turns depth bits into keys that fall with depth, from 0; returns how many bits they have. */
function makeKeys(keys: Uint32Array, count: number, exact: boolean): number {
  let [low, high] = [0xffffffff, 0];
  for (let k = 0; k < count; k++) {
    if (keys[k] < low) low = keys[k];
    if (keys[k] > high) high = keys[k];
  }
  const bits = 32 - Math.clz32(high - low);
  const shift = exact ? 0 : Math.max(0, bits - 2 * digitBits);
  for (let k = 0; k < count; k++) keys[k] = (high - keys[k]) >>> shift;
  return bits - shift;
}

/** One stable pass of a counting sort on the digit that starts at bit `shift`. */
function pass(
  keys: Uint32Array,
  ids: Uint32Array,
  toKeys: Uint32Array,
  toIds: Uint32Array,
  count: number,
  shift: number,
  next: Uint32Array,
): void {
  next.fill(0);
  for (let k = 0; k < count; k++) next[(keys[k] >>> shift) & mask]++;
  let sum = 0;
  for (let d = 0; d < buckets; d++) {
    const here = next[d];
    next[d] = sum;
    sum += here;
  }
  for (let k = 0; k < count; k++) {
    const key = keys[k];
    const to = next[(key >>> shift) & mask]++;
    toKeys[to] = key;
    toIds[to] = ids[k];
  }
}

export function createDepthOrder(): DepthOrder {
  const next = new Uint32Array(buckets);
  let scratch = createScratch(0);
  return {
    order(rows, count, plane, exact, out) {
      if (scratch.ids.length < count) scratch = createScratch(count);
      const kept = collect(rows, count, plane, scratch);
      if (kept === 0) return { count: 0, medianDepth: 0 };
      const bits = makeKeys(scratch.keys, kept, exact);
      let { keys, ids, otherKeys, otherIds } = scratch;
      for (let shift = 0; shift < bits; shift += digitBits) {
        pass(keys, ids, otherKeys, otherIds, kept, shift, next);
        [keys, otherKeys] = [otherKeys, keys];
        [ids, otherIds] = [otherIds, ids];
      }
      out.set(ids.subarray(0, kept));
      const middle = ids[kept >>> 1] * geometryWords;
      const floats = new Float32Array(rows.buffer, rows.byteOffset + 4 * middle, 3);
      const medianDepth = plane.axis[0] * floats[0] + plane.axis[1] * floats[1] + plane.axis[2] * floats[2] + plane.offset;
      return { count: kept, medianDepth };
    },
  };
}
