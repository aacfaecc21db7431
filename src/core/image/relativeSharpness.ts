/**
 * Sharpness and brightness held against the neighbours': photos taken shortly before and after show much the same, so what differs is the
 * photo's own doing.
 * Invariant: no absolute threshold; a value that is not finite (a photo that could not be read) is nobody's neighbour and stays NaN.
 */
import { medianOf } from '../math/medianOf.ts';

/** Photos before and after one that it is held against. */
const reach = 12;

/** By place: the median of the finite values around it, its own left out; NaN where there are none. */
export function neighbourMedians(values: ArrayLike<number>): Float64Array {
  return Float64Array.from({ length: values.length }, (_, i) => {
    const around: number[] = [];
    for (let j = Math.max(0, i - reach); j < Math.min(values.length, i + reach + 1); j++)
      if (j !== i && Number.isFinite(values[j])) around.push(values[j]);
    return around.length > 0 ? medianOf(around) : NaN;
  });
}

/** Each photo's share of its neighbours' sharpness, in order of capture: 1 is like them, and also what a photo without neighbours has. */
export function relativeSharpness(sharpness: ArrayLike<number>): Float64Array {
  return neighbourMedians(sharpness).map((median, i) => {
    if (!Number.isFinite(sharpness[i])) return NaN;
    return median > 0 ? sharpness[i] / median : 1;
  });
}
