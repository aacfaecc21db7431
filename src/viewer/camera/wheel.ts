/**
 * The wheel zooms, but only once the surface has the focus, so that nobody gets stuck while scrolling the page past a viewer. The pinch
 * of a trackpad, which browsers send as a wheel with ctrl, always zooms.
 * Invariant: a wheel that does not zoom is left to the page.
 */
const zoomPerPx = 0.0015;
/** A trackpad's pinch comes in small steps. */
const pinchPerPx = 0.01;
/** Most that one event changes, so that a flick of a free wheel does not throw the camera away. */
const mostPerEvent = 0.5;
/** deltaMode 1 counts lines, 2 pages. */
const unitPx = [1, 16, 400];

/** Listens on an element; the returned function stops. */
export function listenToWheel(surface: HTMLElement, enabled: () => boolean, zoom: (factor: number) => void): () => void {
  const stop = new AbortController();
  const onWheel = (event: WheelEvent): void => {
    if (!enabled() || !(event.ctrlKey || surface.matches(':focus-within'))) return;
    event.preventDefault();
    const change = -event.deltaY * (unitPx[event.deltaMode] ?? 1) * (event.ctrlKey ? pinchPerPx : zoomPerPx);
    if (Number.isFinite(change) && change !== 0) zoom(Math.exp(Math.max(-mostPerEvent, Math.min(mostPerEvent, change))));
  };
  surface.addEventListener('wheel', onWheel, { signal: stop.signal, passive: false });
  return () => stop.abort();
}
