/**
 * A canvas that is orbited: its gestures as changes of an orbit, and its size in device pixels as it changes.
 * Invariant: after the returned function was called nothing more is reported.
 */
import type { PinholeView } from '../../../core/scene/camera.ts';
import { canvasSize } from './canvasSize.ts';
import { listenToGestures } from './gestures.ts';
import { type Orbit, panned, rotated, zoomed } from './orbit.ts';

export interface CanvasSize {
  widthPx: number;
  heightPx: number;
  widthCss: number;
}

export const noSize: CanvasSize = { widthPx: 1, heightPx: 1, widthCss: 1 };

export interface OrbitCanvasHandlers {
  change(next: (orbit: Orbit) => Orbit): void;
  reset(): void;
  resize(size: CanvasSize): void;
  /** The lens that the scene is seen through; null while there is none. */
  lens(): PinholeView | null;
}

/** CSS pixels per unit of slope for a lens fitted into the canvas. */
function focalCss(canvas: HTMLCanvasElement, lens: PinholeView): number {
  return lens.fx * Math.min(canvas.clientWidth / lens.widthPx, canvas.clientHeight / lens.heightPx);
}

/** Listens until the returned function is called. Half a turn is the canvas's height. */
export function listenToOrbit(canvas: HTMLCanvasElement, { change, reset, resize, lens }: OrbitCanvasHandlers): () => void {
  const stopGestures = listenToGestures(canvas, {
    turn: (dx, dy) => change((o) => rotated(o, (dx / canvas.clientHeight) * Math.PI, (dy / canvas.clientHeight) * Math.PI)),
    move: (dx, dy) => {
      const through = lens();
      if (through) change((o) => panned(o, dx, dy, focalCss(canvas, through)));
    },
    zoom: (factor) => change((o) => zoomed(o, factor)),
    reset,
  });
  const observer = new ResizeObserver(([entry]) => {
    if (!entry) return;
    const { width, height } = entry.contentRect;
    resize({ ...canvasSize(width, height, devicePixelRatio), widthCss: Math.max(1, width) });
  });
  observer.observe(canvas);
  return () => {
    stopGestures();
    observer.disconnect();
  };
}
