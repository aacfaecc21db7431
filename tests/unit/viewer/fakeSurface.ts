/**
 * A surface without a browser: an EventTarget with the few members of HTMLElement that the camera looks at, and the events people cause.
 * Invariant: events are dispatched at once, and say whether the page would have acted on them too.
 */
export interface FakeSurface extends EventTarget {
  clientWidth: number;
  clientHeight: number;
  style: { touchAction: string; cursor: string };
  isFocused: boolean;
  captured: number[];
  matches(selector: string): boolean;
  setPointerCapture(id: number): void;
}

/** 400 by 200 CSS pixels, not focused. */
export function fakeSurface(): FakeSurface {
  const surface: FakeSurface = Object.assign(new EventTarget(), {
    clientWidth: 400,
    clientHeight: 200,
    style: { touchAction: '', cursor: '' },
    isFocused: false,
    captured: [] as number[],
    matches: (selector: string) => selector === ':focus-within' && surface.isFocused,
    setPointerCapture: (id: number) => void surface.captured.push(id),
  });
  return surface;
}

/** Dispatches an event with these members; true when its default was prevented. */
export function send(surface: EventTarget, type: string, members: Record<string, unknown> = {}): boolean {
  const event = new Event(type, { cancelable: true, bubbles: true });
  for (const [name, value] of Object.entries(members)) Object.defineProperty(event, name, { value });
  surface.dispatchEvent(event);
  return event.defaultPrevented;
}

export interface PointerLook {
  pointerId?: number;
  pointerType?: 'mouse' | 'touch' | 'pen';
  button?: number;
  buttons?: number;
  shiftKey?: boolean;
  ctrlKey?: boolean;
  timeStamp?: number;
}

/** One pointer event at a place. */
export function pointer(surface: EventTarget, type: string, clientX: number, clientY: number, look: PointerLook = {}): void {
  const plain = { pointerId: 1, pointerType: 'mouse', button: 0, buttons: 1, shiftKey: false, ctrlKey: false, metaKey: false };
  send(surface, `pointer${type}`, { ...plain, ...look, clientX, clientY });
}

/** Down, moves along the places and up again. */
export function drag(surface: EventTarget, places: [number, number][], look: PointerLook = {}): void {
  const [first, ...rest] = places;
  pointer(surface, 'down', ...first, look);
  for (const place of rest) pointer(surface, 'move', ...place, look);
  pointer(surface, 'up', ...(rest.at(-1) ?? first), look);
}

const noModifiers = { shiftKey: false, ctrlKey: false, altKey: false, metaKey: false };

/** A key going down; `code` as of a US keyboard. True when the page does not get it. */
export const keyDown = (surface: EventTarget, key: string, code = key, look: Partial<typeof noModifiers> = {}): boolean =>
  send(surface, 'keydown', { ...noModifiers, key, code, ...look });
export const keyUp = (surface: EventTarget, key: string, code = key): boolean => send(surface, 'keyup', { ...noModifiers, key, code });

export const wheel = (surface: EventTarget, deltaY: number, look: { ctrlKey?: boolean; deltaMode?: number } = {}): boolean =>
  send(surface, 'wheel', { ctrlKey: false, deltaMode: 0, ...look, deltaY });
