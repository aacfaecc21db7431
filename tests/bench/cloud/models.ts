/** Small models that a viewer opens, each with other bytes. Invariant: the same name gives the same bytes. */
import { writePly } from '../../../src/core/formats/ply.ts';
import { emptySplats } from '../../../src/core/scene/splats.ts';
import { chance } from './chance.ts';

export interface SmallModel {
  splats: number;
  files: { kind: 'ply' | 'splat'; bytes: Buffer }[];
}

const count = 64;

/** Rows of 32 bytes: mean and scales as floats, colour and opacity and the quaternion as bytes (antimatter15/splat). */
function dotSplat(means: Float32Array): Buffer {
  const bytes = Buffer.alloc(32 * count, 128);
  for (let i = 0; i < count; i++) {
    for (let k = 0; k < 3; k++) {
      bytes.writeFloatLE(means[3 * i + k], 32 * i + 4 * k);
      bytes.writeFloatLE(0.05, 32 * i + 12 + 4 * k);
    }
    bytes[32 * i + 28] = 255;
  }
  return bytes;
}

export function smallModelOf(name: string): SmallModel {
  const splats = emptySplats(count, 0);
  splats.means.forEach((_, i) => (splats.means[i] = chance(i, name)));
  splats.logScales.fill(-3);
  for (let i = 0; i < count; i++) splats.quats[4 * i] = 1;
  return { splats: count, files: [{ kind: 'ply', bytes: Buffer.from(writePly(splats)) }, { kind: 'splat', bytes: dotSplat(splats.means) }] }; // prettier-ignore
}
