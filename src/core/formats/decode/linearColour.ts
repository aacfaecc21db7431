/**
 * Colours trained in linear light, turned into the display colours (sRGB) that splats are drawn in.
 * Invariant: a splat seen by itself has exactly the right plain colour; what changes with the direction is right to first order.
 */
import { type Splats, shBasisCount } from '../../scene/splats.ts';

const sh0 = 0.28209479177387814;

/** sRGB's transfer function (IEC 61966-2-1), odd around zero, and its slope. */
function encode(linear: number): { value: number; slope: number } {
  const size = Math.abs(linear);
  if (size <= 0.0031308) return { value: 12.92 * linear, slope: 12.92 };
  return { value: Math.sign(linear) * (1.055 * size ** (1 / 2.4) - 0.055), slope: (1.055 / 2.4) * size ** (1 / 2.4 - 1) };
}

/** Changes the spherical harmonics in place. */
export function displayFromLinear(splats: Splats): void {
  const basis = shBasisCount(splats.shDegree);
  for (let i = 0; i < splats.count; i++) {
    for (let c = 0; c < 3; c++) {
      const first = 3 * basis * i + c;
      const { value, slope } = encode(0.5 + sh0 * splats.sh[first]);
      splats.sh[first] = (value - 0.5) / sh0;
      for (let k = 1; k < basis; k++) splats.sh[first + 3 * k] *= slope;
    }
  }
}
