/**
 * Matches: what every matcher (plain, WebAssembly, GPU) finds in a pair of photos, and the one test that decides which of it is a match.
 * Invariant: matchers hand over exact integers, ties going to the lowest index, so all of them give the same matches.
 */

/** [m, 2]: index in the first photo, index in the second; ordered by the first. No index occurs twice in a column. */
export type Matches = Uint32Array;

/** Best and second-best products of a pair of photos. -1 stands where no product is greater than 0. */
export interface BestProducts {
  /** [rows]: best column, its dot product, and the second-best product (0 when there is none). */
  column: Int32Array;
  product: Int32Array;
  second: Int32Array;
  /** [columns]: best row. */
  row: Int32Array;
}

/** Descriptors are unit vectors times 512, in bytes. */
export const unitProduct = 512 * 512;
/** Largest angle between matching descriptors, in radians. */
export const maxAngle = 0.7;
/** A match's angle is below this share of the angle to the second-best candidate (Lowe 2004, section 7.1). */
export const maxRatio = 0.8;

const angle = (product: number): number => Math.acos(Math.min(1, product / unitProduct));

/** Is a row's best product near enough and clearly better than its second best? */
export function isDistinct(product: number, second: number): boolean {
  const best = angle(product);
  return best <= maxAngle && best < maxRatio * angle(second);
}

/** Rows that are distinct and are themselves the best row of their best column. */
export function matchesOf({ column, product, second, row }: BestProducts): Matches {
  const found = new Uint32Array(column.length * 2);
  let count = 0;
  for (let i = 0; i < column.length; i++) {
    const j = column[i];
    if (j < 0 || row[j] !== i || !isDistinct(product[i], second[i])) continue;
    found[count++] = i;
    found[count++] = j;
  }
  return found.slice(0, count);
}
