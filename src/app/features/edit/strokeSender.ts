/**
 * Sends a brush stroke to the worker piece by piece while it is drawn: one piece at a time, at most one for every frame.
 * Invariant: every point drawn is sent once, and each piece begins where the one before ended, so the pieces join to the whole stroke.
 */
export interface StrokeSender {
  begin(x: number, y: number): void;
  draw(points: readonly number[]): void;
  end(): void;
}

/** `send` resolves when the piece has been answered. `frame` runs something with the next frame. */
export function createStrokeSender(
  send: (strokePx: Float32Array, first: boolean) => Promise<unknown>,
  frame: (work: () => void) => void,
): StrokeSender {
  /** Points not sent yet; the first was sent with the piece before. */
  let points: number[] = [];
  let fresh = false;
  let first = true;
  let busy = false;

  function next(): void {
    if (busy || !fresh) return;
    busy = true;
    frame(() => {
      const piece = Float32Array.from(points);
      points = points.slice(-2);
      fresh = false;
      const isFirst = first;
      first = false;
      void send(piece, isFirst).then(() => {
        busy = false;
        next();
      });
    });
  }

  return {
    begin(x, y) {
      points = [x, y];
      [fresh, first] = [true, true];
      next();
    },
    draw(more) {
      points.push(...more);
      fresh = true;
      next();
    },
    end: next,
  };
}
