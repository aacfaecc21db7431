/** Sharpness, exposure and near duplicates, on images blurred by a known sigma. */
import { describe, expect, test } from 'vitest';
import { blurryPhotos, sharpnessOf } from '../../src/core/image/sharpness.ts';
import { correlationOf, meanExposure, nearDuplicates, thumbnailOf } from '../../src/core/image/thumbnail.ts';
import { createRandom } from '../../src/core/math/random.ts';
import { blurred, changed, discs } from './greyTestImages.ts';

const scenes = [1, 2, 3].map((seed) => discs(320, 240, seed, 0, 0, 150 + 250 * seed));

describe('sharpness', () => {
  test('falls with every step of blur', () => {
    for (const scene of scenes) {
      const scores = [scene, ...[0.7, 1, 1.5, 2, 3, 5].map((sigma) => blurred(scene, sigma))].map(sharpnessOf);
      for (let i = 1; i < scores.length; i++) expect(scores[i]).toBeLessThan(scores[i - 1]);
      expect(scores[0]).toBeLessThanOrEqual(1);
      expect(scores[6]).toBeGreaterThanOrEqual(0);
    }
  });

  test('tells blur from content: any scene that is sharp beats any that is blurred by 1.5 px', () => {
    const sharp = Math.min(...scenes.map(sharpnessOf));
    const soft = Math.max(...scenes.map((scene) => sharpnessOf(blurred(scene, 1.5))));
    expect(sharp).toBeGreaterThan(soft + 0.1);
  });

  test('does not change with brightness and contrast', () => {
    const [scene] = scenes;
    expect(sharpnessOf(changed(scene, (value) => 0.3 * value + 0.1))).toBeCloseTo(sharpnessOf(scene), 5);
  });

  test('sees blur along one axis only', () => {
    expect(sharpnessOf(blurred(scenes[0], 2, 'x'))).toBeLessThan(0.75 * sharpnessOf(scenes[0]));
  });

  test('a step edge loses 8 of 9 parts of itself at its place', () => {
    // By hand: the only difference is 1; blurred by 9 taps every difference near the edge is 1/9, so 1 - 1/9 of it is lost.
    const values = Float32Array.from({ length: 40 * 40 }, (_, i) => ((i % 40 >= 20 ? 1 : 0) + (Math.floor(i / 40) >= 20 ? 1 : 0)) / 2);
    expect(sharpnessOf({ widthPx: 40, heightPx: 40, values })).toBeCloseTo(8 / 9, 6);
  });

  test('nothing to see, and images smaller than the blur, are 0', () => {
    expect(sharpnessOf({ widthPx: 30, heightPx: 30, values: new Float32Array(900).fill(0.5) })).toBe(0);
    expect(sharpnessOf({ widthPx: 3, heightPx: 3, values: Float32Array.from({ length: 9 }, (_, i) => i) })).toBe(0);
    expect(sharpnessOf({ widthPx: 0, heightPx: 0, values: new Float32Array(0) })).toBe(0);
  });
});

describe('blurred among others', () => {
  const photos = Array.from({ length: 12 }, (_, i) => discs(160, 120, i, 0, 0, 300));

  test('those blurred by 2 px are named, and no other', () => {
    const scores = photos.map((photo, i) => sharpnessOf(i === 3 || i === 11 ? blurred(photo, 2) : photo));
    expect(blurryPhotos(scores).flatMap((blurry, i) => (blurry ? [i] : []))).toEqual([3, 11]);
  });

  test('a set that is equally soft, a slow change and a spread-out set have none', () => {
    expect(blurryPhotos(photos.map((photo) => sharpnessOf(blurred(photo, 2))))).not.toContain(true);
    expect(blurryPhotos(Array.from({ length: 100 }, (_, i) => 0.8 - 0.005 * i))).not.toContain(true);
    const random = createRandom(1);
    expect(blurryPhotos(Array.from({ length: 50 }, () => 0.5 + 0.4 * (random() - 0.5)))).not.toContain(true);
  });

  test('too few to compare, and photos that could not be read', () => {
    expect(blurryPhotos([])).toEqual([]);
    expect(blurryPhotos([0.7, 0.1])).toEqual([false, false]);
    expect(blurryPhotos([0.7, NaN, 0.69, 0.71, 0.2, 0.7])).toEqual([false, false, false, false, true, false]);
  });
});

describe('thumbnails', () => {
  test('every small pixel is the mean of its part of the large image', () => {
    const image = { widthPx: 5, heightPx: 2, values: Float32Array.of(0, 1, 2, 3, 4, 0, 1, 2, 3, 4) };
    // 5 px to 2: the middle pixel goes half to each side.
    const { widthPx, heightPx, values } = thumbnailOf(image, 2);
    expect([widthPx, heightPx]).toEqual([2, 1]);
    expect([...values].map((value) => Math.round(1e6 * value) / 1e6)).toEqual([(0 + 1 + 0.5 * 2) / 2.5, (0.5 * 2 + 3 + 4) / 2.5]);
    expect(meanExposure(thumbnailOf(scenes[0], 64))).toBeCloseTo(meanExposure(scenes[0]), 5);
  });

  test('an image that is small enough is left alone', () => {
    expect(thumbnailOf(scenes[0], 320)).toBe(scenes[0]);
  });

  test('the same photo with noise and another exposure is a duplicate; one moved by a hundredth of the width is not', () => {
    const random = createRandom(7);
    const first = thumbnailOf(scenes[1], 64);
    const again = thumbnailOf(
      changed(scenes[1], (value) => 0.8 * value + 0.05 + 0.02 * (random() - 0.5)),
      64,
    );
    expect(nearDuplicates(first, again)).toBe(true);
    expect(nearDuplicates(first, thumbnailOf(discs(320, 240, 2, 3.2, 0, 650), 64))).toBe(false);
    expect(
      correlationOf(
        first,
        changed(first, (value) => 1 - value),
      ),
    ).toBeCloseTo(-1, 5);
    expect(correlationOf(first, thumbnailOf(scenes[1], 32))).toBe(0);
  });
});
