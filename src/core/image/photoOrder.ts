/**
 * Order of capture: which photos were taken one after another, so that neighbours can be compared.
 * Invariant: by the cameras' clocks where every photo that opens has one, else by name with numbers read as numbers; the same photos give the same order.
 */
export interface Ordered {
  name: string;
  takenMs: number | null;
  /** NaN for a photo that cannot be opened. */
  sharpness: number;
}

const names = new Intl.Collator('en', { numeric: true });

/** Compares names as people count them: IMG_9 before IMG_10. Names that read alike come in code-unit order. */
export const byName = (a: string, b: string): number => names.compare(a, b) || (a < b ? -1 : a > b ? 1 : 0);

/** Places of the photos in order of capture. */
export function captureOrder(photos: readonly Ordered[]): number[] {
  const clocked = photos.every(({ takenMs, sharpness }) => takenMs !== null || !Number.isFinite(sharpness));
  const time = (i: number): number => (clocked ? (photos[i].takenMs ?? Number.MAX_SAFE_INTEGER) : 0);
  return photos.map((_, i) => i).sort((a, b) => time(a) - time(b) || byName(photos[a].name, photos[b].name));
}
