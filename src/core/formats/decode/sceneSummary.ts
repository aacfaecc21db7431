/**
 * Scene summary: the robust box of a scene and the splats that are far too large for it, gathered while splats stream past.
 * Invariant: the same splats in the same order give the same summary however they are cut into batches.
 */
import type { Box } from '../../view/splatRenderer.ts';
import { type PackedSplats, geometryWords } from '../../view/packedSplats.ts';

/** Means the percentiles are taken of; twice as many are held before every other one is forgotten. */
const sampleSize = 1 << 15;

/**
 * A splat is gigantic when its largest axis (one standard deviation) is more than 10 times the scene's size and more than half its
 * distance from the scene's middle. The first keeps large splats of a real scene; the second keeps a sky and far backgrounds, whose splats
 * are large because they are far away: they stay within about 30 degrees as seen from the scene, while one that is hidden would lie over
 * the whole screen. The scene's size is the diagonal of the robust box, or 4 median splats where there is next to no box (a single splat).
 */
const giganticSizes = 10;
const giganticAngle = 0.5;
const sizeOfMedianSplats = 4;

export interface GiantTest {
  /** Log scale above which a splat can be gigantic at all. */
  readonly limit: number;
  /** Whether a splat with this largest log scale at this place is gigantic. */
  isGiant(x: number, y: number, z: number, largest: number): boolean;
}

/** The rule above for a scene with this robust box and this median of the largest log scales; `leniency` multiplies both thresholds. */
export function createGiantTest({ low, high }: Box, medianLogScale: number, leniency = 1): GiantTest {
  const [cx, cy, cz] = low.map((edge, k) => (edge + high[k]) / 2);
  const diagonal = Math.hypot(high[0] - low[0], high[1] - low[1], high[2] - low[2]);
  const limit = Math.log(leniency * giganticSizes * Math.max(diagonal, sizeOfMedianSplats * Math.exp(medianLogScale)));
  const angle = leniency * giganticAngle;
  return {
    limit,
    isGiant: (x, y, z, largest) => largest > limit && Math.exp(largest) > angle * Math.hypot(x - cx, y - cy, z - cz),
  };
}

export interface SceneSummary {
  readonly count: number;
  /** `largest`: greatest log scale of every splat before packing. */
  add(packed: PackedSplats, largest: Float32Array): void;
  /** The robust box, and the places of gigantic splats in the order they were added. */
  finish(): { box: Box; gigantic: Uint32Array<ArrayBuffer> };
}

/** Value below which `share` of the sorted numbers lie (nearest rank). */
const quantile = (sorted: Float32Array, share: number): number => sorted[Math.round(share * (sorted.length - 1))];

/** Every stride-th splat: means xyz and largest log scale, four numbers each. */
interface Sample {
  values: number[];
  stride: number;
}

function thin(sample: Sample): void {
  const kept: number[] = [];
  for (let i = 0; i < sample.values.length; i += 8) kept.push(...sample.values.slice(i, i + 4));
  sample.values = kept;
  sample.stride *= 2;
}

const sortedColumn = ({ values }: Sample, column: number): Float32Array =>
  Float32Array.from({ length: values.length / 4 }, (_, i) => values[4 * i + column]).sort();

function boxOf(sample: Sample): Box {
  const box: Box = { low: [0, 0, 0], high: [0, 0, 0] };
  if (sample.values.length === 0) return box;
  for (let k = 0; k < 3; k++) {
    const sorted = sortedColumn(sample, k);
    box.low[k] = quantile(sorted, 0.05);
    box.high[k] = quantile(sorted, 0.95);
  }
  return box;
}

export function createSceneSummary(): SceneSummary {
  const sample: Sample = { values: [], stride: 1 };
  /** What the test for gigantic splats needs of each batch. */
  const batches: { means: Float32Array; largest: Float32Array }[] = [];
  let count = 0;
  /** Largest log scale of all: most scenes need no second look. */
  let top = -Infinity;

  function add(packed: PackedSplats, largest: Float32Array): void {
    const floats = new Float32Array(packed.geometry.buffer, packed.geometry.byteOffset, packed.geometry.length);
    const means = new Float32Array(3 * packed.count);
    for (let i = 0; i < packed.count; i++) {
      for (let k = 0; k < 3; k++) means[3 * i + k] = floats[geometryWords * i + k];
      if (largest[i] > top) top = largest[i];
      if ((count + i) % sample.stride !== 0) continue;
      sample.values.push(means[3 * i], means[3 * i + 1], means[3 * i + 2], largest[i]);
      if (sample.values.length === 8 * sampleSize) thin(sample);
    }
    count += packed.count;
    batches.push({ means, largest });
  }

  function giantsBeside(box: Box): Uint32Array<ArrayBuffer> {
    const found: number[] = [];
    if (count === 0) return new Uint32Array(0);
    const { limit, isGiant } = createGiantTest(box, quantile(sortedColumn(sample, 3), 0.5));
    if (!(top > limit)) return new Uint32Array(0);
    let first = 0;
    for (const { means, largest } of batches) {
      for (let i = 0; i < largest.length; i++) {
        if (isGiant(means[3 * i], means[3 * i + 1], means[3 * i + 2], largest[i])) found.push(first + i);
      }
      first += largest.length;
    }
    return Uint32Array.from(found);
  }

  return {
    get count() {
      return count;
    },
    add,
    finish() {
      const box = boxOf(sample);
      return { box, gigantic: giantsBeside(box) };
    },
  };
}
