/**
 * Sends brush strokes to the worker piece by piece while they are drawn: one piece at a time, at most one for every frame.
 * Invariant: every point drawn is sent, in its own stroke and in order, and each piece begins where the one before ended, so the pieces
 * join to the whole stroke; of a stroke that was cancelled nothing is sent any more.
 */
export interface StrokeSender<S> {
  /** `how`: what is true of the whole stroke, handed on with each of its pieces. */
  begin(x: number, y: number, how: S): void;
  draw(points: readonly number[]): void;
  /** Forgets what was not sent; true when some of the stroke was sent, or is being. */
  cancel(): boolean;
}

interface Stroke<S> {
  how: S;
  /** Points not sent yet; but for the first piece, the first of them ended the piece before. */
  points: number[];
  fresh: boolean;
  isBegun: boolean;
}

/** `send` resolves when the piece has been answered. `frame` runs something with the next frame. */
export function createStrokeSender<S>(
  send: (strokePx: Float32Array, how: S, isFirst: boolean) => Promise<unknown>,
  frame: (work: () => void) => void,
): StrokeSender<S> {
  /** Oldest first; the last one is being drawn. */
  let strokes: Stroke<S>[] = [];
  let busy = false;

  function sendPiece(): void {
    const stroke = strokes.find(({ fresh }) => fresh);
    if (!stroke) {
      busy = false;
      return;
    }
    const piece = Float32Array.from(stroke.points);
    const isFirst = !stroke.isBegun;
    stroke.points = stroke.points.slice(-2);
    [stroke.fresh, stroke.isBegun] = [false, true];
    void send(piece, stroke.how, isFirst).then(() => {
      busy = false;
      next();
    });
  }

  function next(): void {
    strokes = strokes.filter(({ fresh }, k) => fresh || k === strokes.length - 1);
    if (busy || !strokes.some(({ fresh }) => fresh)) return;
    busy = true;
    frame(sendPiece);
  }

  return {
    begin(x, y, how) {
      strokes.push({ how, points: [x, y], fresh: true, isBegun: false });
      next();
    },
    draw(more) {
      const stroke = strokes.at(-1);
      if (!stroke) return;
      stroke.points.push(...more);
      stroke.fresh = true;
      next();
    },
    cancel: () => strokes.pop()?.isBegun ?? false,
  };
}
