/**
 * Places: points and boxes as attributes write them. World space, metres.
 * Invariant: text that makes no sense reads as null.
 */
import type { Vector3 } from '../core/math/rotation.ts';
import type { Box } from '../core/view/splatRenderer.ts';

const lengths: Record<string, number> = { '': 1, m: 1, cm: 0.01, mm: 0.001 };

/** Numbers with units, as many as asked for. */
function numbers(text: string | null | undefined, count: number): number[] | null {
  const words = (text ?? '').trim().split(/[\s,]+/);
  if (words.length !== count) return null;
  const values = words.map((word) => {
    const [, digits, unit] = /^([-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?)([a-z]*)$/i.exec(word) ?? ['', 'NaN', ''];
    return Number(digits) * (lengths[unit] ?? NaN);
  });
  return values.every(Number.isFinite) ? values : null;
}

/** "x y z", each a number with m, cm, mm or no unit. */
export const parsePoint = (text: string | null | undefined): Vector3 | null => numbers(text, 3) as Vector3 | null;

/** "x0 y0 z0 x1 y1 z1" of two opposite corners, in any order. */
export function parseBox(text: string | null | undefined): Box | null {
  const v = numbers(text, 6);
  if (!v) return null;
  const side = (pick: (a: number, b: number) => number) => [0, 1, 2].map((k) => pick(v[k], v[k + 3])) as Vector3;
  return { low: side(Math.min), high: side(Math.max) };
}

export const formatBox = (box: Box): string => [...box.low, ...box.high].join(' ');
