/**
 * Which pointers belong to the tool and which to the camera, while a tool is drawn with: one finger, a pen or the left button draw; two
 * fingers, other buttons, and anything while Space is held go on to the viewer.
 * Invariant: of a stroke that turns out to be the first of two fingers nothing is kept, and the viewer learns of both fingers.
 */
export interface StrokeHandlers {
  /** CSS pixels from the left and top edge of the viewer. */
  begin(x: number, y: number, event: PointerEvent): void;
  /** [n, 2], oldest first. */
  draw(points: number[], event: PointerEvent): void;
  end(event: PointerEvent): void;
  /** The stroke was none. */
  cancel(): void;
  /** Where the pointer hovers; null when it is away. */
  hover(at: { x: number; y: number } | null): void;
}

export interface ToolPointers {
  dispose(): void;
}

interface Stroke {
  id: number;
  target: EventTarget;
  last: PointerEvent;
}

const copyOf = (event: PointerEvent, type: string): PointerEvent =>
  new PointerEvent(type, {
    bubbles: true,
    composed: true,
    cancelable: true,
    pointerId: event.pointerId,
    pointerType: event.pointerType,
    isPrimary: event.isPrimary,
    button: 0,
    buttons: 1,
    clientX: event.clientX,
    clientY: event.clientY,
  });

const isTyping = (target: EventTarget | null): boolean =>
  target instanceof Element && target.closest('input, textarea, select, button, a, summary, [contenteditable]') !== null;

/** Listens in front of `viewer`, on an element around it, until disposed. */
export function listenForStrokes(around: HTMLElement, viewer: HTMLElement, handlers: StrokeHandlers): ToolPointers {
  const stop = new AbortController();
  const { signal } = stop;
  const front = { capture: true, signal };
  let stroke: Stroke | null = null;
  let spaceHeld = false;
  const handedOn = new WeakSet<Event>();

  const place = (event: PointerEvent): [number, number] => {
    const { left, top } = viewer.getBoundingClientRect();
    return [event.clientX - left, event.clientY - top];
  };
  /** On the picture itself, not on a hotspot or a button over it. */
  const isOnPicture = (event: Event): boolean => {
    const [inner] = event.composedPath();
    const isHotspot = inner instanceof Element && inner.closest('[slot^="hotspot"], button, a') !== null;
    return event.composedPath().includes(viewer) && !isHotspot;
  };
  const take = (event: Event): void => {
    event.stopPropagation();
    if (event.cancelable) event.preventDefault();
  };

  function giveToViewer({ target, last }: Stroke): void {
    stroke = null;
    handlers.cancel();
    const copy = copyOf(last, 'pointerdown');
    handedOn.add(copy);
    target.dispatchEvent(copy);
  }

  function down(event: PointerEvent): void {
    if (handedOn.has(event) || !isOnPicture(event)) return;
    if (stroke) return giveToViewer(stroke);
    const draws = event.button === 0 && event.isPrimary && !spaceHeld;
    if (!draws) return;
    take(event);
    stroke = { id: event.pointerId, target: event.composedPath()[0], last: event };
    try {
      around.setPointerCapture(event.pointerId);
    } catch {
      // A pointer that a script made up: the stroke works as long as it stays on the viewer.
    }
    handlers.begin(...place(event), event);
  }

  function move(event: PointerEvent): void {
    if (event.pointerType !== 'touch') {
      const [x, y] = place(event);
      handlers.hover(stroke || isOnPicture(event) ? { x, y } : null);
    }
    if (stroke?.id !== event.pointerId) return;
    take(event);
    stroke.last = event;
    const steps = event.getCoalescedEvents?.() ?? [];
    handlers.draw((steps.length > 0 ? steps : [event]).flatMap(place), event);
  }

  function lift(event: PointerEvent): void {
    if (stroke?.id !== event.pointerId) return;
    take(event);
    stroke = null;
    if (event.type === 'pointerup') handlers.end(event);
    else handlers.cancel();
  }

  around.addEventListener('pointerdown', down, front);
  around.addEventListener('pointermove', move, front);
  around.addEventListener('pointerup', lift, front);
  around.addEventListener('pointercancel', lift, front);
  around.addEventListener('pointerleave', () => handlers.hover(null), { signal });
  // A finger that draws must not scroll the page as well.
  around.addEventListener('touchmove', (event) => stroke && event.cancelable && event.preventDefault(), { ...front, passive: false });
  const onSpace = (event: KeyboardEvent): void => {
    if (event.code !== 'Space' || isTyping(event.target)) return;
    spaceHeld = event.type === 'keydown';
    event.preventDefault();
  };
  window.addEventListener('keydown', onSpace, { signal });
  window.addEventListener('keyup', (event) => event.code === 'Space' && (spaceHeld = false), { signal });
  window.addEventListener('blur', () => (spaceHeld = false), { signal });
  return { dispose: () => stop.abort() };
}
