/** The preview's size in device pixels. Invariant: neither side is 0 and the longer one never passes the cap. */

const highestRatio = 2;
const longestSidePx = 1920;

/** Device pixels for a box in CSS pixels; sharper screens than 2x are not worth the GPU time that training needs. */
export function canvasSize(widthCss: number, heightCss: number, devicePixelRatio: number): { widthPx: number; heightPx: number } {
  const wanted = Math.min(devicePixelRatio, highestRatio);
  const ratio = Math.min(wanted, longestSidePx / Math.max(widthCss, heightCss, 1));
  return { widthPx: Math.max(1, Math.round(widthCss * ratio)), heightPx: Math.max(1, Math.round(heightCss * ratio)) };
}
