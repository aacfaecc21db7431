/**
 * When the camera turns by itself: after a time without interaction. A timer waits, not the frame loop, so nothing is drawn meanwhile.
 * Invariant: it does not turn while somebody interacts, nor before the whole delay has passed since they stopped.
 */
/** Timers hold 31 bits; longer delays would end at once. */
const longestDelayMs = 2 ** 31 - 1;

export interface AutoRotate {
  /** Switched on or off; the delay starts anew when either value changes. */
  configure(on: boolean, delayMs: number): void;
  /** Somebody did something. */
  touched(): void;
  /** Somebody holds the camera: no turning until they let go. */
  hold(isHeld: boolean): void;
  readonly isTurning: boolean;
  dispose(): void;
}

/** @param wake called when turning begins: ask for a frame */
export function createAutoRotate(wake: () => void): AutoRotate {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isOn = false;
  let delay = 0;
  let isHeld = false;
  let isTurning = false;

  function wait(): void {
    clearTimeout(timer);
    isTurning = false;
    if (!isOn || isHeld) return;
    timer = setTimeout(() => {
      isTurning = true;
      wake();
    }, delay);
  }

  return {
    configure(on, delayMs) {
      const next = Number.isFinite(delayMs) ? Math.min(Math.max(0, delayMs), longestDelayMs) : longestDelayMs;
      if (on === isOn && next === delay) return;
      isOn = on;
      delay = next;
      wait();
    },
    touched: wait,
    hold(held) {
      isHeld = held;
      wait();
    },
    get isTurning() {
      return isTurning;
    },
    dispose() {
      isOn = false;
      wait();
    },
  };
}
