/**
 * Point in polygon for very many points: edges are kept by the rows of pixels they cross, so a point meets the few of its own row.
 * Invariant: the even-odd rule, exactly as if every edge were tested (a ray to the right; an edge holds its upper end and not its lower).
 */
const mostRows = 4096;

/** polygonPx: [n, 2], closed by itself. */
export function createPolygonTest(polygonPx: Float32Array): (x: number, y: number) => boolean {
  const corners = polygonPx.length >> 1;
  let [top, bottom] = [Infinity, -Infinity];
  for (let i = 0; i < corners; i++) {
    top = Math.min(top, polygonPx[2 * i + 1]);
    bottom = Math.max(bottom, polygonPx[2 * i + 1]);
  }
  const rows = Math.max(1, Math.min(mostRows, Math.ceil(bottom - top)));
  const perPx = rows / Math.max(bottom - top, 1e-9);
  const rowOf = (y: number): number => Math.min(rows - 1, Math.max(0, Math.floor((y - top) * perPx)));
  const edges: number[][] = Array.from({ length: rows }, () => []);
  for (let i = 0; i < corners; i++) {
    const j = (i + 1) % corners;
    const [low, high] = [polygonPx[2 * i + 1], polygonPx[2 * j + 1]].sort((a, b) => a - b);
    for (let row = rowOf(low); row <= rowOf(high); row++) edges[row].push(i);
  }
  return (x, y) => {
    if (!(y >= top && y <= bottom)) return false;
    let isInside = false;
    for (const i of edges[rowOf(y)]) {
      const j = i + 1 < corners ? i + 1 : 0;
      const y0 = polygonPx[2 * i + 1];
      const y1 = polygonPx[2 * j + 1];
      if (y0 > y === y1 > y) continue;
      const x0 = polygonPx[2 * i];
      const x1 = polygonPx[2 * j];
      if (x < x0 + ((y - y0) / (y1 - y0)) * (x1 - x0)) isInside = !isInside;
    }
    return isInside;
  };
}
