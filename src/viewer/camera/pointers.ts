/**
 * Pointers on the surface as movements of the camera: one finger or the left button turns; two fingers, another button or shift, ctrl or
 * meta pan; two fingers pinch; a short touch that stays in its place is a tap.
 * The page keeps scrolling: `touch-action` leaves one direction of a swipe to the browser, touchstart is never prevented, and a swipe
 * that begins in that direction turns nothing, even before the browser takes it over.
 * Invariant: lengths handed on are CSS pixels; nothing here knows about cameras. After the returned function nothing more is reported.
 */
export type TouchAction = 'pan-y' | 'pan-x' | 'none';

export interface PointerHandlers {
  turn(dxPx: number, dyPx: number): void;
  pan(dxPx: number, dyPx: number): void;
  /** Above 1 comes closer. */
  zoom(factor: number): void;
  tap(clientX: number, clientY: number, double: boolean): void;
  /** The first pointer went down, or the last one up. Only while enabled. */
  pressed(down: boolean): void;
}

export interface PointerOptions {
  /** Without it taps are reported and nothing else is touched. */
  enabled: boolean;
  touchAction: TouchAction;
}

interface Touch {
  x: number;
  y: number;
}

/** One or more pointers from the first one down to the last one up. */
interface Press {
  touches: Map<number, Touch>;
  start: Touch & { ms: number };
  /** Undecided until it has moved; a scroll is the browser's. */
  kind: 'undecided' | 'drag' | 'scroll';
  canTap: boolean;
  /** Whether pressed(true) was said. */
  isReported: boolean;
}

const slopPx = { mouse: 3, finger: 8 };
const longestTapMs = 300;
const doubleTapMs = 300;
const doubleTapPx = 30;
const pressable = 'a,button,input,select,textarea,[role=button]';

const middle = (touches: Touch[]): Touch => ({
  x: touches.reduce((sum, { x }) => sum + x, 0) / touches.length,
  y: touches.reduce((sum, { y }) => sum + y, 0) / touches.length,
});
const spread = ([a, b]: Touch[]): number => Math.hypot(a.x - b.x, a.y - b.y);
const placeOf = ({ clientX, clientY }: PointerEvent): Touch => ({ x: clientX, y: clientY });

/** Whether an event came from something inside the surface that is pressed for its own sake, such as a hotspot. */
function isOnControl({ target }: Event, surface: HTMLElement): boolean {
  return target !== surface && typeof (target as Element | null)?.closest === 'function' && (target as Element).closest(pressable) !== null;
}

/** What a press that moved by (dx, dy) becomes. */
function kindOf(event: PointerEvent, dx: number, dy: number, { enabled, touchAction }: PointerOptions): Press['kind'] {
  const slop = event.pointerType === 'touch' ? slopPx.finger : slopPx.mouse;
  if (Math.hypot(dx, dy) < slop) return 'undecided';
  if (!enabled) return 'scroll';
  if (event.pointerType !== 'touch' || touchAction === 'none') return 'drag';
  return Math.abs(dy) > Math.abs(dx) === (touchAction === 'pan-y') ? 'scroll' : 'drag';
}

const isPanning = (event: PointerEvent, fingers: number): boolean =>
  fingers > 1 || event.shiftKey || event.ctrlKey || event.metaKey || (event.buttons & ~1) !== 0;

/** Recognises taps and pairs of them. */
function createTaps(report: PointerHandlers['tap']): (at: Touch, ms: number) => void {
  let last: (Touch & { ms: number }) | null = null;
  return (at, ms) => {
    const double = last !== null && ms - last.ms < doubleTapMs && spread([last, at]) < doubleTapPx;
    // A third tap begins a new pair.
    last = double ? null : { ...at, ms };
    report(at.x, at.y, double);
  };
}

/** Movement of all fingers together, and of two against each other. */
function report(before: Touch[], after: Touch[], event: PointerEvent, handlers: PointerHandlers): void {
  const [from, to] = [middle(before), middle(after)];
  if (isPanning(event, after.length)) handlers.pan(to.x - from.x, to.y - from.y);
  else handlers.turn(to.x - from.x, to.y - from.y);
  if (after.length === 2 && spread(before) > 0 && spread(after) > 0) handlers.zoom(spread(after) / spread(before));
}

/** The four pointer listeners, and whether the page must not scroll now. */
function pressListeners(surface: HTMLElement, options: () => PointerOptions, handlers: PointerHandlers) {
  let press: Press | null = null;
  const tap = createTaps(handlers.tap);
  const capture = (id: number): void => {
    try {
      surface.setPointerCapture(id);
    } catch {
      // The pointer is gone already, or a script made the event up: the gesture works without, as long as it stays on the surface.
    }
  };
  const begin = (event: PointerEvent): Press => {
    const isReported = options().enabled;
    if (isReported) handlers.pressed(true);
    const isOwn = !isOnControl(event, surface);
    // On a hotspot capture waits for the drag, so that a click stays the hotspot's.
    if (isReported && isOwn) capture(event.pointerId);
    const start = { ...placeOf(event), ms: event.timeStamp };
    return { touches: new Map(), start, kind: 'undecided', canTap: event.button === 0 && isOwn, isReported };
  };
  const lift = (event: PointerEvent): void => {
    if (!press?.touches.delete(event.pointerId) || press.touches.size > 0) return;
    const { kind, canTap, start, isReported } = press;
    press = null;
    if (isReported) handlers.pressed(false);
    const isTap = canTap && kind === 'undecided' && event.type === 'pointerup' && event.timeStamp - start.ms < longestTapMs;
    if (isTap) tap(placeOf(event), event.timeStamp);
  };
  return {
    isDragging: () => press?.kind === 'drag',
    pointerdown(event: PointerEvent) {
      press ??= begin(event);
      press.touches.set(event.pointerId, placeOf(event));
      if (press.touches.size < 2) return;
      press.kind = options().enabled ? 'drag' : 'scroll';
      if (press.kind === 'drag') for (const id of press.touches.keys()) capture(id);
    },
    pointermove(event: PointerEvent) {
      // A mouse button that was let go outside of the page.
      if (event.pointerType === 'mouse' && event.buttons === 0) lift(event);
      if (!press?.touches.has(event.pointerId)) return;
      const before = [...press.touches.values()];
      if (press.kind === 'undecided') {
        press.kind = kindOf(event, event.clientX - press.start.x, event.clientY - press.start.y, options());
        if (press.kind === 'undecided') return;
        if (press.kind === 'drag') capture(event.pointerId);
      }
      press.touches.set(event.pointerId, placeOf(event));
      if (press.kind === 'drag' && options().enabled) report(before, [...press.touches.values()], event, handlers);
    },
    pointerup: lift,
    pointercancel: lift,
  };
}

/** Listens on an element; the returned function stops. */
export function listenToPointers(surface: HTMLElement, options: () => PointerOptions, handlers: PointerHandlers): () => void {
  const stop = new AbortController();
  const { signal } = stop;
  const { isDragging, ...listeners } = pressListeners(surface, options, handlers);
  for (const [name, listener] of Object.entries(listeners)) surface.addEventListener(name, listener as EventListener, { signal });
  // A finger that turns or two that pinch must not scroll the page as well.
  const hold = (event: TouchEvent): void => {
    if (isDragging() && event.cancelable) event.preventDefault();
  };
  surface.addEventListener('touchmove', hold, { signal, passive: false });
  // The middle button pans and must not start the browser's own scrolling; the right one must not open the menu.
  surface.addEventListener('mousedown', (event) => event.button === 1 && options().enabled && event.preventDefault(), { signal });
  const onMenu = (event: MouseEvent): void => {
    if (options().enabled && (event.button === 2 || event.ctrlKey)) event.preventDefault();
  };
  surface.addEventListener('contextmenu', onMenu, { signal });
  return () => stop.abort();
}
