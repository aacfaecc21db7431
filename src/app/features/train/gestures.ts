/**
 * Pointer, wheel and keyboard on the preview, as three movements: turn, move, zoom.
 * Invariant: lengths handed on are CSS pixels; nothing here knows about cameras.
 */

export interface GestureHandlers {
  turn(dxPx: number, dyPx: number): void;
  move(dxPx: number, dyPx: number): void;
  /** Above 1 comes closer. */
  zoom(factor: number): void;
  reset(): void;
}

const keyStepPx = 40;
const keyZoom = 1.15;
const wheelZoomPerPx = 0.0015;
/** deltaMode 1 counts lines, 2 pages. */
const wheelUnitPx = [1, 16, 400];

interface Touch {
  x: number;
  y: number;
}

const middle = (touches: Touch[]): Touch => ({
  x: touches.reduce((sum, { x }) => sum + x, 0) / touches.length,
  y: touches.reduce((sum, { y }) => sum + y, 0) / touches.length,
});

const spread = ([a, b]: Touch[]): number => (a && b ? Math.hypot(a.x - b.x, a.y - b.y) : 0);

function onPointers(element: HTMLElement, handlers: GestureHandlers): Record<string, (event: PointerEvent) => void> {
  const down = new Map<number, Touch>();
  const lift = (event: PointerEvent): void => void down.delete(event.pointerId);
  return {
    pointerdown: (event) => {
      element.setPointerCapture(event.pointerId);
      down.set(event.pointerId, { x: event.clientX, y: event.clientY });
    },
    pointermove: (event) => {
      if (!down.has(event.pointerId)) return;
      const before = [...down.values()];
      down.set(event.pointerId, { x: event.clientX, y: event.clientY });
      const after = [...down.values()];
      const dx = middle(after).x - middle(before).x;
      const dy = middle(after).y - middle(before).y;
      const moving = down.size > 1 || event.shiftKey || (event.buttons & ~1) !== 0;
      if (moving) handlers.move(dx, dy);
      else handlers.turn(dx, dy);
      if (down.size === 2 && spread(before) > 0) handlers.zoom(spread(after) / spread(before));
    },
    pointerup: lift,
    pointercancel: lift,
  };
}

function onKey(event: KeyboardEvent, handlers: GestureHandlers): void {
  if (event.ctrlKey || event.altKey || event.metaKey) return;
  const arrows: Record<string, [number, number]> = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  const arrow = arrows[event.key];
  if (arrow) (event.shiftKey ? handlers.move : handlers.turn)(arrow[0] * keyStepPx, arrow[1] * keyStepPx);
  else if (event.key === '+' || event.key === '=') handlers.zoom(keyZoom);
  else if (event.key === '-' || event.key === '_') handlers.zoom(1 / keyZoom);
  else if (event.key === '0' || event.key === 'Home') handlers.reset();
  else return;
  event.preventDefault();
}

/** Listens on an element; the returned function stops. */
export function listenToGestures(element: HTMLElement, handlers: GestureHandlers): () => void {
  const stop = new AbortController();
  const { signal } = stop;
  for (const [name, listener] of Object.entries(onPointers(element, handlers))) {
    element.addEventListener(name, listener as EventListener, { signal });
  }
  element.addEventListener('keydown', (event) => onKey(event, handlers), { signal });
  element.addEventListener('contextmenu', (event) => event.preventDefault(), { signal });
  const onWheel = (event: WheelEvent): void => {
    event.preventDefault();
    handlers.zoom(Math.exp(-event.deltaY * wheelUnitPx[event.deltaMode] * wheelZoomPerPx));
  };
  element.addEventListener('wheel', onWheel, { signal, passive: false });
  return () => stop.abort();
}
