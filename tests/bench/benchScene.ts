/**
 * The bench's scene: splats strewn over a bumpy plane in front of a camera, sized so that together they cover it a few times over, as
 * trained splats do. Invariant: seeded, so every run measures the same work.
 */
import { createRandom } from '../../src/core/math/random.ts';
import type { PinholeView } from '../../src/core/scene/camera.ts';
import { type Splats, emptySplats, shBasisCount } from '../../src/core/scene/splats.ts';

/** Portrait photo, 9:16, as phones take. */
export const benchView = (widthPx: number): PinholeView => {
  const heightPx = Math.round((widthPx * 16) / 9);
  const focal = widthPx * 1.2;
  return { widthPx, heightPx, fx: focal, fy: focal, cx: widthPx / 2, cy: heightPx / 2, pose: { q: [1, 0, 0, 0], t: [0, 0, 0] } };
};

export function benchSplats(count: number, shDegree: number): Splats {
  const random = createRandom(7);
  const basis = shBasisCount(shDegree);
  const splats = emptySplats(count, shDegree);
  // The view shows 0.83 x 1.48 world units at depth 1; a splat's size makes all of them cover that area about four times.
  const size = 0.5 * Math.sqrt((0.83 * 1.48) / count);
  for (let i = 0; i < count; i++) {
    const depth = 2 + random();
    splats.means.set([(random() - 0.5) * 0.83 * depth, (random() - 0.5) * 1.48 * depth, depth], 3 * i);
    for (let k = 0; k < 3; k++) splats.logScales[3 * i + k] = Math.log(size * depth * (0.4 + random()));
    for (let k = 0; k < 4; k++) splats.quats[4 * i + k] = random() - 0.5;
    splats.opacityLogits[i] = 4 * random() - 1;
    for (let k = 0; k < 3 * basis; k++) splats.sh[3 * basis * i + k] = (random() - 0.5) * (k < 3 ? 2 : 0.2);
  }
  return splats;
}

/** A photo of smooth colour ramps, packed RGBA8. */
export function benchPhoto({ widthPx, heightPx }: PinholeView): Uint32Array {
  return Uint32Array.from({ length: widthPx * heightPx }, (_, i) => {
    const [x, y] = [i % widthPx, Math.floor(i / widthPx)];
    return ((x * 255) / widthPx) | 0 | ((((y * 255) / heightPx) | 0) << 8) | (((x ^ y) & 255) << 16) | (255 << 24);
  });
}
