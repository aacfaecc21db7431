/**
 * The flag --intrinsics: bare numbers, or the name of a file that holds a camera.
 * Invariant: numbers that come out are finite, and focal lengths are above 0.
 */

/** In px of the photos as stored, upright; the distortion has no unit. */
export interface IntrinsicNumbers {
  fx: number;
  fy: number;
  cx: number;
  cy: number;
  k1: number;
  k2: number;
}

export type GivenIntrinsics = IntrinsicNumbers | { file: string };

const onlyNumbers = /^[-+.,\deE\s]*\d[-+.,\deE\s]*$/;

/** F,CX,CY or FX,FY,CX,CY and then K1 or K1,K2; anything with other letters is a file's name. Undefined when absent or bad. */
export function intrinsicsFlag(flag: string, value: string | undefined, problems: string[]): GivenIntrinsics | undefined {
  if (value === undefined) return undefined;
  if (value !== '' && !onlyNumbers.test(value)) return { file: value };
  const numbers = value.split(',').map((part) => (part.trim() === '' ? NaN : Number(part)));
  const [fx, fy, cx, cy, k1 = 0, k2 = 0] = numbers.length === 3 ? [numbers[0], ...numbers] : numbers;
  if (numbers.length < 3 || numbers.length > 6 || !numbers.every(Number.isFinite) || !(fx > 0 && fy > 0)) {
    problems.push(`${flag} wants F,CX,CY or FX,FY,CX,CY[,K1[,K2]] in px, or a file with a camera, not "${value}".`);
    return undefined;
  }
  return { fx, fy, cx, cy, k1, k2 };
}
