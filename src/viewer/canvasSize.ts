/**
 * The size of a canvas in device pixels, as its box and the screen change.
 * Invariant: at least one pixel each way; no more pixels than a splat viewer can fill in time.
 */
export interface CanvasSize {
  widthPx: number;
  heightPx: number;
}

/** Splats are soft: beyond this density more pixels cost time and show nothing. */
const densest = 2;
/** Above this a picture is drawn smaller and stretched: four million pixels are a 2560 x 1600 screen. */
const mostPixels = 4_200_000;

export function canvasSize(widthCss: number, heightCss: number, density: number): CanvasSize {
  const scale = Math.min(density, densest);
  const [width, height] = [widthCss * scale, heightCss * scale];
  const fit = Math.min(1, Math.sqrt(mostPixels / Math.max(1, width * height)));
  return { widthPx: Math.max(1, Math.round(width * fit)), heightPx: Math.max(1, Math.round(height * fit)) };
}

/** Tells when the screen's density changes, as by zooming the page or moving to another screen, also where no box changes its size. */
function watchDensity(onchange: () => void): () => void {
  let query: MediaQueryList | null = null;
  const changed = () => {
    listen();
    onchange();
  };
  // A query holds for one density, so each change needs the next one.
  function listen(): void {
    query?.removeEventListener('change', changed);
    query = matchMedia(`(resolution: ${devicePixelRatio}dppx)`);
    query.addEventListener('change', changed);
  }
  listen();
  return () => query?.removeEventListener('change', changed);
}

/** Reports the size of the canvas's box now and whenever it or the screen's density changes; the returned function stops. */
export function watchSize(canvas: HTMLCanvasElement, onsize: (size: CanvasSize) => void): () => void {
  const box = canvas.parentElement ?? (canvas.getRootNode() as ShadowRoot).host ?? canvas;
  let last: DOMRectReadOnly | null = null;
  const tell = () => last && onsize(canvasSize(last.width, last.height, devicePixelRatio));
  const observer = new ResizeObserver(([entry]) => {
    if (!entry) return;
    last = entry.contentRect;
    tell();
  });
  observer.observe(box);
  const stop = watchDensity(tell);
  return () => {
    observer.disconnect();
    stop();
  };
}
