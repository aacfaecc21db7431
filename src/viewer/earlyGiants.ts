/**
 * Early giants: splats far too large for the scene, found while the file still streams, so that they do not cover the screen until the
 * decoder's own verdict comes with the end of the file.
 * Invariant: the verdict at the end decides. What was hidden early and is none of its giants is given back to be appended once more.
 */
import { createGiantTest } from '../core/formats/decode/sceneSummary.ts';
import { type PackedSplats, geometryWords, shWords } from '../core/view/packedSplats.ts';
import type { Box } from '../core/view/splatRenderer.ts';
import { type BoxSample, largestLogScale } from './sampledBox.ts';

/**
 * The box of the first splats may be smaller than the scene's (files are often sorted by place), so the early verdict asks for twice the
 * size and twice the angle: then what is gigantic early is so in the end too, unless the scene grows by more than that.
 */
const leniency = 2;

export interface EarlyGiants {
  /** Positions of the giants of a run whose first splat has the position `first`. The run must have been added to the sample. */
  judge(packed: PackedSplats, first: number): Uint32Array<ArrayBuffer>;
  /** What was hidden and is not in the final list; null for nothing. */
  wronged(final: Uint32Array): PackedSplats | null;
}

/** Row i of a run, by itself. */
function rowOf({ shDegree, geometry, sh }: PackedSplats, i: number): PackedSplats {
  const n = shWords(shDegree);
  return { count: 1, shDegree, geometry: geometry.slice(geometryWords * i, geometryWords * (i + 1)), sh: sh.slice(n * i, n * (i + 1)) };
}

function joined(rows: PackedSplats[]): PackedSplats {
  const [{ shDegree }] = rows;
  const geometry = new Uint32Array(geometryWords * rows.length);
  const sh = new Uint32Array(shWords(shDegree) * rows.length);
  rows.forEach((row, i) => {
    geometry.set(row.geometry, geometryWords * i);
    sh.set(row.sh, shWords(shDegree) * i);
  });
  return { count: rows.length, shDegree, geometry, sh };
}

export function createEarlyGiants(sample: BoxSample): EarlyGiants {
  const hidden = new Map<number, PackedSplats>();
  let test: ReturnType<typeof createGiantTest> | null = null;
  let measuredAt = 0;

  /** Measures the scene again whenever it has doubled: sorting the sample for every run would cost more than the judging. */
  function measure(count: number): void {
    if (test && count < 2 * measuredAt) return;
    const box: Box | null = sample.box();
    const median = sample.medianLogScale();
    if (!box || median === null) return;
    test = createGiantTest(box, median, leniency);
    measuredAt = count;
  }

  return {
    judge(packed, first) {
      measure(first + packed.count);
      const found: number[] = [];
      if (!test) return Uint32Array.from(found);
      const { geometry, count } = packed;
      const floats = new Float32Array(geometry.buffer, geometry.byteOffset, geometry.length);
      for (let i = 0; i < count; i++) {
        const largest = largestLogScale(geometry, i);
        const at = geometryWords * i;
        if (largest <= test.limit || !test.isGiant(floats[at], floats[at + 1], floats[at + 2], largest)) continue;
        found.push(first + i);
        hidden.set(first + i, rowOf(packed, i));
      }
      return Uint32Array.from(found);
    },
    wronged(final) {
      for (const position of final) hidden.delete(position);
      const rows = [...hidden.values()];
      hidden.clear();
      return rows.length > 0 ? joined(rows) : null;
    },
  };
}
