/**
 * How often and how finely the live preview is drawn.
 * Invariant: while training runs, drawing takes at most a quarter of the time (half while the person moves the camera) and at most 20
 * frames a second; the rest trains.
 */

export interface PreviewPace {
  /** Share of the canvas's resolution to draw at. */
  readonly scale: number;
  /** True when the next frame's turn has come. */
  mayDraw(nowMs: number): boolean;
  /** A frame goes to the GPU now, in the middle of training. */
  drew(moving: boolean): void;
  /**
   * The trainer's submissions up to `step` are done, and with them the frame drawn since the last call. What a frame costs is how much longer
   * those steps took than steps without a frame: browsers tell when work is done too coarsely to time it alone.
   */
  submissionsDone(step: number, nowMs: number): void;
  /** A frame drawn while training rests took this long. */
  tookAtRest(costMs: number): void;
  /** Training starts or goes on: the time since the last submission was not spent on steps. */
  restart(): void;
}

const shortestIntervalMs = 50;
const scales = [1, 0.7, 0.5, 0.35, 0.25];
const slowMs = 120;
const fastMs = 25;
/** Weight of the newest measurement of a step's time. */
const newest = 0.3;

/** The next scale, given how long a frame at this one took: down at once to what should be fast enough, up by one at a time. */
export function nextScale(scale: number, costMs: number): number {
  const at = Math.max(0, scales.indexOf(scale));
  if (costMs > slowMs) return scales.find((each) => each < scale && costMs * (each / scale) ** 2 <= slowMs) ?? scales[scales.length - 1];
  return costMs < fastMs ? scales[Math.max(at - 1, 0)] : scale;
}

/** Milliseconds to leave between the end of one frame and the start of the next. */
export const restAfterFrameMs = (costMs: number, moving: boolean): number =>
  Math.max(shortestIntervalMs - costMs, moving ? costMs : 3 * costMs);

/** A pace for one preview; starts coarse, because nothing is known of the GPU. */
export function createPreviewPace(): PreviewPace {
  let scale = 0.35;
  let last: { step: number; atMs: number } | null = null;
  let msPerStep: number | null = null;
  let frame: { moving: boolean } | null = null;
  let nextMs = -Infinity;

  const frameTook = (costMs: number, nowMs: number, moving: boolean): void => {
    scale = nextScale(scale, costMs);
    nextMs = nowMs + restAfterFrameMs(costMs, moving);
  };

  return {
    get scale() {
      return scale;
    },
    mayDraw: (nowMs) => msPerStep !== null && frame === null && nowMs >= nextMs,
    drew(moving) {
      frame = { moving };
    },
    submissionsDone(step, nowMs) {
      const [steps, ms] = last ? [step - last.step, nowMs - last.atMs] : [0, 0];
      last = { step, atMs: nowMs };
      if (steps <= 0) return;
      if (frame && msPerStep !== null) frameTook(Math.max(0, ms - steps * msPerStep), nowMs, frame.moving);
      else msPerStep = msPerStep === null ? ms / steps : (1 - newest) * msPerStep + (newest * ms) / steps;
      frame = null;
    },
    tookAtRest(costMs) {
      scale = nextScale(scale, costMs);
    },
    restart() {
      last = null;
      frame = null;
    },
  };
}
