/**
 * Neighbours: distances to the nearest points, through a k-d tree laid out in one index array.
 * Invariant: the tree is the median split of the array's range along the widest axis of that range.
 */

interface Tree {
  xyz: Float32Array;
  order: Uint32Array;
  axis: Uint8Array;
}

const leafSize = 8;

function widestAxis(xyz: Float32Array, order: Uint32Array, from: number, to: number): number {
  let best = 0;
  let bestSpan = -1;
  for (let axis = 0; axis < 3; axis++) {
    let [low, high] = [Infinity, -Infinity];
    for (let i = from; i < to; i++) {
      const v = xyz[3 * order[i] + axis];
      if (v < low) low = v;
      if (v > high) high = v;
    }
    if (high - low > bestSpan) [best, bestSpan] = [axis, high - low];
  }
  return best;
}

/** Partially sorts order[from, to) so that position `middle` holds what a full sort would put there (Hoare's quickselect). */
function select(xyz: Float32Array, order: Uint32Array, axis: number, from: number, to: number, middle: number): void {
  let [low, high] = [from, to - 1];
  while (low < high) {
    const pivot = xyz[3 * order[(low + high) >> 1] + axis];
    let [i, j] = [low, high];
    while (i <= j) {
      while (xyz[3 * order[i] + axis] < pivot) i++;
      while (xyz[3 * order[j] + axis] > pivot) j--;
      if (i <= j) {
        const t = order[i];
        order[i++] = order[j];
        order[j--] = t;
      }
    }
    if (middle <= j) high = j;
    else if (middle >= i) low = i;
    else return;
  }
}

function build(tree: Tree, from: number, to: number): void {
  if (to - from <= leafSize) return;
  const middle = (from + to) >> 1;
  const axis = widestAxis(tree.xyz, tree.order, from, to);
  select(tree.xyz, tree.order, axis, from, to, middle);
  tree.axis[middle] = axis;
  build(tree, from, middle);
  build(tree, middle + 1, to);
}

/** Keeps the k smallest squared distances in `best`, ascending. */
function visit(tree: Tree, point: number, from: number, to: number, best: Float64Array): void {
  const { xyz, order } = tree;
  const test = (at: number): void => {
    const other = order[at];
    if (other === point) return;
    const d =
      (xyz[3 * other] - xyz[3 * point]) ** 2 +
      (xyz[3 * other + 1] - xyz[3 * point + 1]) ** 2 +
      (xyz[3 * other + 2] - xyz[3 * point + 2]) ** 2;
    let k = best.length - 1;
    if (d >= best[k]) return;
    for (; k > 0 && best[k - 1] > d; k--) best[k] = best[k - 1];
    best[k] = d;
  };
  if (to - from <= leafSize) {
    for (let at = from; at < to; at++) test(at);
    return;
  }
  const middle = (from + to) >> 1;
  const gap = xyz[3 * point + tree.axis[middle]] - xyz[3 * order[middle] + tree.axis[middle]];
  test(middle);
  if (gap < 0) visit(tree, point, from, middle, best);
  else visit(tree, point, middle + 1, to, best);
  if (gap * gap > best[best.length - 1]) return;
  if (gap < 0) visit(tree, point, middle + 1, to, best);
  else visit(tree, point, from, middle, best);
}

/**
 * Root mean square distance of every point to its k nearest others.
 * xyz: [n, 3]. Returns [n]; 0 for a lone point.
 */
export function neighbourDistance(xyz: Float32Array, k = 3): Float32Array {
  const n = xyz.length / 3;
  const tree: Tree = { xyz, order: Uint32Array.from({ length: n }, (_, i) => i), axis: new Uint8Array(n) };
  build(tree, 0, n);
  const best = new Float64Array(Math.min(k, Math.max(n - 1, 1)));
  return Float32Array.from({ length: n }, (_, i) => {
    if (n < 2) return 0;
    best.fill(Infinity);
    visit(tree, i, 0, n, best);
    return Math.sqrt(best.reduce((sum, d) => sum + d, 0) / best.length);
  });
}
