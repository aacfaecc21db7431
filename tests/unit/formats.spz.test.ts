/** Our .spz writer against the format's own program (through the library, version 3), and at the ends of its ranges. */
import { gunzipSync } from 'fflate';
import { expect, test } from 'vitest';
import { convertSplats } from '../../src/core/formats/convert.ts';
import { readPly } from '../../src/core/formats/ply.ts';
import { writeSpz } from '../../src/core/formats/spz.ts';
import { type Splats, emptySplats } from '../../src/core/scene/splats.ts';
import { blobScene, splatFiles } from '../fixtures/splatFiles.ts';

const rowBytes = { means: 9, opacities: 1, colours: 3, scales: 3, rotations: 4, sh: 45 };

/** The bytes of each attribute behind the header. */
function streams(file: Uint8Array, count: number): Record<keyof typeof rowBytes, Uint8Array> {
  let at = 16;
  const cut = Object.entries(rowBytes).map(([name, each]) => [name, file.slice(at, (at += each * count))]);
  return Object.fromEntries(cut) as Record<keyof typeof rowBytes, Uint8Array>;
}

test('writes what the format’s own program writes', { timeout: 60_000 }, async () => {
  const scene = blobScene();
  const theirs = gunzipSync((await splatFiles(scene)).find(({ name }) => name === 'scene.v3.spz')!.bytes);
  const ours = gunzipSync(writeSpz(scene));
  expect([...ours.subarray(0, 14), ours[15]]).toEqual([...theirs.subarray(0, 14), theirs[15]]);
  expect(ours.length).toBe(theirs.length);
  const [a, b] = [streams(ours, scene.count), streams(theirs, scene.count)];
  // Halves are rounded to either side: there the last bit differs.
  for (const name of Object.keys(rowBytes) as (keyof typeof rowBytes)[]) {
    const differing = a[name].filter((byte, i) => byte !== b[name][i]).length;
    expect(differing, name).toBeLessThanOrEqual(0.01 * a[name].length);
  }
});

const one = (changes: Partial<Splats>): Splats => ({ ...emptySplats(1, 0), quats: Float32Array.of(1, 0, 0, 0), ...changes });

test.each([
  [100, 1 / 4096],
  [2047, 1 / 4096],
  [-5000, 1 / 512],
  [3e6, 1],
])('a splat at %d keeps its place to half of %d', async (place, step) => {
  const back = await convertSplats({ name: 'a.spz', bytes: writeSpz(one({ means: Float32Array.of(place, 0.1, -0.1) })) }, 'b.ply');
  const read = back.ok ? readPly(back.value[0].bytes, 'b.ply') : back;
  if (!read.ok) throw new Error(read.failure.detail);
  for (const [k, value] of [place, 0.1, -0.1].entries())
    expect(Math.abs(read.value.splats.means[k] - value)).toBeLessThanOrEqual(0.501 * step);
});

test('what lies outside takes the nearest end', () => {
  const wide = one({
    logScales: Float32Array.of(-50, 50, 0),
    opacityLogits: Float32Array.of(1e3),
    sh: Float32Array.of(1e3, -1e3, 0),
  });
  const bytes = gunzipSync(writeSpz(wide));
  expect([...bytes.subarray(25, 32)]).toEqual([255, 255, 0, 128, 0, 255, 160]);
  expect(gunzipSync(writeSpz(one({ quats: new Float32Array(4) }))).subarray(32, 36)).toEqual(Uint8Array.of(0, 0, 0, 0xc0));
});
