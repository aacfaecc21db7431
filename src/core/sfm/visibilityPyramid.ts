/**
 * Visibility pyramid: how many points an image sees and how evenly they spread, as one number (Schoenberger and Frahm 2016, section 4.2).
 * Invariant: a further point never lowers the score, and points outside the image do not count.
 */

/** Cell of a coordinate, or -1 outside the image. The far border belongs to the last cell. */
function cellOf(position: number, size: number, cells: number): number {
  if (!(position >= 0 && position <= size)) return -1;
  return Math.min(cells - 1, Math.floor((position / size) * cells));
}

/**
 * Sum over the levels l = 1..levels of (cells with a point) * (cells of the level), with 2^l x 2^l cells. `pixels`: n positions in px,
 * x and y first, `stride` numbers apart.
 */
export function visibilityScore(
  pixels: ArrayLike<number>,
  n: number,
  stride: number,
  widthPx: number,
  heightPx: number,
  levels = 6,
): number {
  let side = 1 << levels;
  let occupied = new Uint8Array(side * side);
  for (let k = 0; k < n; k++) {
    const column = cellOf(pixels[stride * k], widthPx, side);
    const row = cellOf(pixels[stride * k + 1], heightPx, side);
    if (column >= 0 && row >= 0) occupied[row * side + column] = 1;
  }
  let score = 0;
  for (let level = levels; level >= 1; level--) {
    const half = side / 2;
    const coarser = new Uint8Array(half * half);
    let count = 0;
    for (let k = 0; k < occupied.length; k++) {
      if (occupied[k] === 0) continue;
      count++;
      coarser[(Math.floor(k / side) >> 1) * half + ((k % side) >> 1)] = 1;
    }
    score += count * side * side;
    [occupied, side] = [coarser, half];
  }
  return score;
}
