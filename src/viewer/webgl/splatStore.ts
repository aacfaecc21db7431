/**
 * Splat store: a scene's splats on the GPU, as they were packed, within the largest textures the context allows.
 * Invariant: what does not fit is counted and left out whole; the store never holds a splat without its SH.
 */
import { type PackedSplats, shWords } from '../../core/view/packedSplats.ts';
import { type WordTexture, createWordTexture } from './wordTexture.ts';

export interface SplatStore {
  readonly geometry: WordTexture;
  /** Null at degree 0. */
  readonly sh: WordTexture | null;
  readonly shTexels: number;
  readonly shDegree: number;
  readonly count: number;
  /** Splats that found no room. */
  readonly dropped: number;
  /** Adds splats at the end; returns how many of them were taken. */
  append(batch: PackedSplats): number;
  /** Other geometry for splats from `first` on; those that found no room are passed over. */
  rewrite(first: number, words: Uint32Array): void;
  bytes(): number;
  dispose(): void;
}

const geometryTexels = 2;
const widest = 4096;

const powerBelow = (x: number): number => 2 ** Math.floor(Math.log2(x));

/** `capacity`: splats that are expected. */
export function createSplatStore(gl: WebGL2RenderingContext, shDegree: number, capacity: number): SplatStore {
  const side = gl.getParameter(gl.MAX_TEXTURE_SIZE) as number;
  const shTexels = shWords(shDegree) / 4;
  const rowOf = (texels: number): WordTexture => createWordTexture(gl, texels, powerBelow(Math.min(side, widest) / texels), side);
  const geometry = rowOf(geometryTexels);
  const sh = shTexels > 0 ? rowOf(shTexels) : null;
  const most = Math.min(geometry.perRow, sh?.perRow ?? Infinity) * side;
  let count = 0;
  let dropped = 0;
  const reserve = (splats: number): boolean => geometry.reserve(splats) && (sh?.reserve(splats) ?? true);
  reserve(Math.min(capacity, most));
  return {
    geometry,
    sh,
    shTexels,
    shDegree,
    get count() {
      return count;
    },
    get dropped() {
      return dropped;
    },
    append(batch) {
      const room = Math.min(batch.count, most - count);
      const taken = room > 0 && reserve(count + room) ? room : 0;
      dropped += batch.count - taken;
      if (taken === 0) return 0;
      geometry.write(count, batch.geometry.subarray(0, taken * geometryTexels * 4));
      sh?.write(count, batch.sh.subarray(0, taken * shTexels * 4));
      count += taken;
      return taken;
    },
    rewrite(first, words) {
      const splats = Math.min(words.length / (4 * geometryTexels), count - first);
      if (splats > 0) geometry.write(first, words.subarray(0, splats * 4 * geometryTexels));
    },
    bytes: () => geometry.bytes() + (sh?.bytes() ?? 0),
    dispose() {
      geometry.dispose();
      sh?.dispose();
    },
  };
}
