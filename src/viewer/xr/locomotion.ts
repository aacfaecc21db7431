/**
 * Locomotion: what a controller's stick and squeeze mean. Turning goes in steps, because smooth turning makes people sick.
 * Invariant: one push of the stick is one step; a resting or missing stick does nothing. All functions are pure.
 */
import type { XrInputSource } from './webxrTypes.ts';

/** To the right and towards oneself, -1..1. */
export interface Stick {
  x: number;
  y: number;
}

export interface Steering {
  /** Radians to the left. */
  turn: number;
  /** Metres ahead. */
  ahead: number;
  /** The stick is still where it made the last step. */
  held: boolean;
}

export const snapAngle = Math.PI / 6;
/** Metres per second, an easy walk. */
const walkingSpeed = 1.4;
/** Deflections at which a step is made, at which the next may come, and below which a stick counts as resting. */
const [stepAt, releasedAt, restsBelow] = [0.7, 0.4, 0.2];

/** The stick pushed farthest: axes 2 and 3 of the `xr-standard` mapping (WebXR Gamepads Module), else a touchpad's 0 and 1. */
export function stickOf(sources: Iterable<XrInputSource>): Stick {
  let best: Stick = { x: 0, y: 0 };
  for (const { gamepad } of sources) {
    const axes = gamepad?.axes ?? [];
    const [x, y] = axes.length >= 4 ? [axes[2], axes[3]] : [axes[0] ?? 0, axes[1] ?? 0];
    if (Math.hypot(x, y) > Math.hypot(best.x, best.y)) best = { x, y };
  }
  return best;
}

/** What the stick asks for after `dtS` seconds. Sideways is turning, ahead and back is walking; the larger of the two counts. */
export function steer({ x, y }: Stick, held: boolean, dtS: number): Steering {
  const sideways = Math.abs(x) > Math.abs(y);
  const steps = !held && sideways && Math.abs(x) >= stepAt;
  const speed = sideways ? 0 : (walkingSpeed * Math.max(0, Math.abs(y) - restsBelow)) / (1 - restsBelow);
  return {
    turn: steps ? -Math.sign(x) * snapAngle : 0,
    ahead: -Math.sign(y) * speed * dtS || 0,
    held: steps || (held && Math.abs(x) >= releasedAt),
  };
}

/** A squeeze turns to the side of the hand. */
export const squeezeTurn = (hand: XrInputSource['handedness']): number => (hand === 'left' ? snapAngle : hand === 'right' ? -snapAngle : 0);
