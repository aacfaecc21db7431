/**
 * One order for all: place i of decodeWhole() is place i of what the viewer is handed, in every format, with splats that cannot be drawn
 * and gigantic ones among them.
 */
import { describe, expect, test } from 'vitest';
import { writePly } from '../../src/core/formats/ply.ts';
import { decodeWhole } from '../../src/core/scene/edit/decodeWhole.ts';
import { shBasisCount } from '../../src/core/scene/splats.ts';
import { packSplats } from '../../src/core/view/packedSplats.ts';
import { decodeBytes, sceneOf } from '../fixtures/decodeBytes.ts';
import { blobScene, splatFiles } from '../fixtures/splatFiles.ts';

async function whole(bytes: Uint8Array, name: string) {
  const read = await decodeWhole(new Blob([Uint8Array.from(bytes)]), name);
  if (!read.ok) throw new Error(read.failure.detail);
  return read.value.splats;
}

/** Rows as the viewer gets them, in its order. */
async function viewerRows(bytes: Uint8Array, name: string): Promise<{ geometry: number[]; gigantic: number[] }> {
  const decoded = await decodeBytes(bytes, name, { chunkBytes: 1000 });
  return { geometry: decoded.batches.flatMap(({ geometry }) => [...geometry]), gigantic: [...sceneOf(decoded).gigantic] };
}

describe('order', () => {
  test('of sound files, in every format the viewer reads', async () => {
    const files = await splatFiles();
    expect(files.length).toBeGreaterThan(9);
    for (const { name, bytes } of files) {
      const [splats, shown] = [await whole(bytes, name), await viewerRows(bytes, name)];
      expect([name, [...packSplats(splats).geometry]]).toEqual([name, shown.geometry]);
    }
  });

  test('splats that are not finite take no place; gigantic ones keep theirs', async () => {
    const splats = blobScene(256, 1);
    const basis = shBasisCount(1);
    splats.means[3 * 10] = NaN;
    splats.logScales[3 * 11 + 1] = Infinity;
    splats.quats.fill(0, 4 * 12, 4 * 13);
    splats.sh[3 * basis * 13 + 5] = NaN;
    splats.opacityLogits[200] = NaN;
    splats.logScales.fill(Math.log(500), 3 * 100, 3 * 101);
    const bytes = writePly(splats);
    const [read, shown] = [await whole(bytes, 'odd.ply'), await viewerRows(bytes, 'odd.ply')];
    expect(read.count).toBe(251);
    // Four before it are left out.
    expect(shown.gigantic).toEqual([96]);
    expect(read.logScales[3 * 96]).toBeCloseTo(Math.log(500), 5);
    expect([...packSplats(read).geometry]).toEqual(shown.geometry);
    const kept = [...Array(256).keys()].filter((i) => ![10, 11, 12, 13, 200].includes(i));
    expect([...read.means]).toEqual(kept.flatMap((i) => [...splats.means.subarray(3 * i, 3 * i + 3)]));
  });
});
