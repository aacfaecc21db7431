/** SIFT on the GPU against its CPU twin, on the full and on the portable device. */
import { afterAll, describe, expect, test } from 'vitest';
import { createRandom } from '../../src/core/math/random.ts';
import { siftRef } from '../../src/core/sfm/sift.ref.ts';
import { createSift } from '../../src/core/sfm/sift.ts';
import { drawBlobs, randomBlobs } from '../unit/sfm/blobScene.ts';
import { openTestGpus } from './openTestGpu.ts';

const { full, portable } = await openTestGpus();
const [width, height] = [300, 211];
const image = drawBlobs(randomBlobs(5, 300, width, height), width, height);
type Found = ReturnType<typeof siftRef>;

/** Features with the same position, scale and orientation, and the mean difference of each pair's bytes. */
function agreement(a: Found, b: Found): { share: number; differences: number[] } {
  const differences: number[] = [];
  for (let i = 0; i < a.count; i++) {
    const [x, y, sigma, angle] = a.keypoints.subarray(4 * i);
    for (let j = 0; j < b.count; j++) {
      const [bx, by, bs, ba] = b.keypoints.subarray(4 * j);
      if (Math.hypot(bx - x, by - y) > 0.05 || Math.abs(bs / sigma - 1) > 0.01 || Math.abs(Math.sin((ba - angle) / 2)) > 0.01) continue;
      let sum = 0;
      for (let k = 0; k < 128; k++) sum += Math.abs(a.descriptors[128 * i + k] - b.descriptors[128 * j + k]);
      differences.push(sum / 128);
      break;
    }
  }
  return { share: differences.length / a.count, differences };
}

describe.each([
  { device: 'full', gpu: full },
  { device: 'portable', gpu: portable },
])('on the $device device', async ({ gpu }) => {
  const sift = await createSift(gpu);
  afterAll(() => sift.dispose());

  test.each([-1, 0] as const)('agrees with the twin, first octave %d', async (firstOctave) => {
    const options = { maxFeatures: 600, firstOctave };
    const want = siftRef(image, options);
    const got = await sift.extract(image, options);
    expect(want.count).toBeGreaterThan(200);
    expect(Math.abs(got.count - want.count)).toBeLessThanOrEqual(0.02 * want.count);
    const { share, differences } = agreement(want, got);
    expect(share).toBeGreaterThanOrEqual(0.98);
    expect(differences.filter((difference) => difference > 1.5).length).toBeLessThanOrEqual(0.01 * want.count);
  });

  test('the same bytes twice, also side by side and after a photo of another size', async () => {
    const options = { maxFeatures: 400 };
    const first = await sift.extract(image, options);
    const small = drawBlobs(randomBlobs(6, 80, 90, 130), 90, 130);
    const [smallFound, again] = await Promise.all([sift.extract(small, options), sift.extract(image, options)]);
    expect(again).toEqual(first);
    expect(agreement(siftRef(small, options), smallFound).share).toBeGreaterThanOrEqual(0.98);
  });

  test.each([
    [1, 1],
    [7, 5],
    [16, 300],
    [64, 40],
  ])('%d x %d px: noise of huge contrast and a blank', async (w, h) => {
    const random = createRandom(3);
    const noise = await sift.extract(
      { widthPx: w, heightPx: h, values: Float32Array.from({ length: w * h }, () => 1e6 * random()) },
      { maxFeatures: 50 },
    );
    expect(noise.count).toBeLessThanOrEqual(50);
    expect(noise.keypoints.every(Number.isFinite)).toBe(true);
    const blank = await sift.extract({ widthPx: w, heightPx: h, values: new Float32Array(w * h).fill(0.5) }, { maxFeatures: 50 });
    expect(blank.count).toBe(0);
  });
});
