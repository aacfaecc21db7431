/**
 * The keyboard: single steps in orbit mode, held keys in fly mode.
 * Orbit: arrows turn, with shift they pan; + and PageUp come closer, - and PageDown go away; Home and 0 go back to the start.
 * Fly: W A S D move, E and Q (or PageUp and PageDown) go up and down, arrows look around, shift is faster; + - Home 0 as above.
 * Letters are places on the keyboard (code), not characters, so that other layouts fly too.
 * Invariant: keys typed into a form control, keys with ctrl, alt or meta, and keys somebody else has handled are left alone.
 */
import type { CameraMode } from './cameraState.ts';
import type { FlyMotion } from './moves.ts';

export interface KeyHandlers {
  /** Steps to the right and down. */
  turn(right: number, down: number): void;
  pan(right: number, down: number): void;
  zoom(factor: number): void;
  reset(): void;
  /** A fly key went down: a glance of motion at once, for keys that are up again before the next frame. */
  fly(motion: FlyMotion): void;
}

export interface KeyOptions {
  enabled: boolean;
  mode: CameraMode;
  canZoom: boolean;
  canPan: boolean;
}

export interface Keys {
  /** Motion of the keys held now; null when none is. */
  held(): FlyMotion | null;
  /** Forgets the keys that are held. */
  release(): void;
  stop(): void;
}

const zoomStep = 1.15;
const arrows: Record<string, [number, number]> = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const flyKeys: Record<string, Partial<FlyMotion>> = {
  KeyW: { forward: 1 },
  KeyS: { forward: -1 },
  KeyA: { right: -1 },
  KeyD: { right: 1 },
  KeyE: { up: 1 },
  KeyQ: { up: -1 },
  PageUp: { up: 1 },
  PageDown: { up: -1 },
  ArrowLeft: { turn: -1 },
  ArrowRight: { turn: 1 },
  ArrowUp: { pitch: 1 },
  ArrowDown: { pitch: -1 },
};

const clampUnit = (x: number): number => Math.max(-1, Math.min(1, x));

function motionOf(codes: Iterable<string>, fast: boolean): FlyMotion {
  const motion: FlyMotion = { right: 0, up: 0, forward: 0, turn: 0, pitch: 0, fast };
  for (const code of codes) {
    const part = flyKeys[code];
    motion.right = clampUnit(motion.right + (part.right ?? 0));
    motion.up = clampUnit(motion.up + (part.up ?? 0));
    motion.forward = clampUnit(motion.forward + (part.forward ?? 0));
    motion.turn = clampUnit(motion.turn + (part.turn ?? 0));
    motion.pitch = clampUnit(motion.pitch + (part.pitch ?? 0));
  }
  return motion;
}

function isTyping(target: EventTarget | null): boolean {
  const element = target as Element | null;
  return typeof element?.closest === 'function' && element.closest('input,select,textarea,[contenteditable]') !== null;
}

/** A key of orbit mode, or of both modes. False when it means nothing. */
function step(event: KeyboardEvent, { mode, canZoom, canPan }: KeyOptions, handlers: KeyHandlers): boolean {
  const { key } = event;
  const arrow = mode === 'orbit' ? arrows[key] : undefined;
  if (arrow) {
    if (!event.shiftKey) handlers.turn(...arrow);
    else if (canPan) handlers.pan(...arrow);
    else return false;
    return true;
  }
  if (key === '0' || key === 'Home') {
    handlers.reset();
    return true;
  }
  const nearer = key === '+' || key === '=' || key === 'PageUp';
  if (!canZoom || !(nearer || key === '-' || key === '_' || key === 'PageDown')) return false;
  handlers.zoom(nearer ? zoomStep : 1 / zoomStep);
  return true;
}

/** Listens on an element until stop(). */
export function listenToKeys(surface: HTMLElement, options: () => KeyOptions, handlers: KeyHandlers): Keys {
  const stop = new AbortController();
  const { signal } = stop;
  const down = new Set<string>();
  let fast = false;
  const onDown = (event: KeyboardEvent): void => {
    const now = options();
    if (!now.enabled || event.defaultPrevented || event.ctrlKey || event.altKey || event.metaKey || isTyping(event.target)) return;
    fast = event.shiftKey;
    if (now.mode === 'fly' && Object.hasOwn(flyKeys, event.code)) {
      const isNew = !down.has(event.code);
      down.add(event.code);
      if (isNew) handlers.fly(motionOf([event.code], fast));
    } else if (!step(event, now, handlers)) return;
    event.preventDefault();
  };
  const onUp = (event: KeyboardEvent): void => {
    fast = event.shiftKey;
    down.delete(event.code);
    // While the command key of a Mac is held, other keys send no keyup.
    if (event.key === 'Meta') down.clear();
  };
  surface.addEventListener('keydown', onDown, { signal });
  surface.addEventListener('keyup', onUp, { signal });
  surface.addEventListener('focusout', () => down.clear(), { signal });
  return {
    held: () => (down.size > 0 ? motionOf(down, fast) : null),
    release: () => down.clear(),
    stop: () => stop.abort(),
  };
}
