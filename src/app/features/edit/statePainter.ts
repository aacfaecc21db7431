/**
 * Brings the shown splats to their states, a slice at a time, so that the page stays awake.
 * Invariant: however often the wish changes on the way, in the end every row shows the latest one; rows that stay are not written.
 */
import type { PackedSplats } from '../../../core/view/packedSplats.ts';
import { paintRow, pristineWords } from './statePaint.ts';

/** Rows looked at in one go, and the rows that are read again together: some milliseconds. */
export const sliceRows = 1 << 15;
const blockRows = 1 << 12;

export interface StatePainter {
  /** One byte per splat; kept, and not to be changed afterwards. Null: all as they came. */
  show(states: Uint8Array | null): void;
  /** Resolves once everything is as last asked for. */
  settled(): Promise<void>;
  dispose(): void;
}

export interface PainterHooks {
  /** Reads rows again. */
  refresh(first: number, count: number): void;
  /** Runs the next slice. Left out: as the next task of the page. */
  later?(work: () => void): void;
}

const nextTask = (work: () => void): void => void setTimeout(work);

export function createStatePainter({ geometry, count }: PackedSplats, { refresh, later = nextTask }: PainterHooks): StatePainter {
  const pristine = pristineWords(geometry);
  const painted = new Uint8Array(count);
  const plain = new Uint8Array(count);
  let wanted = plain;
  let at = 0;
  /** Rows still to be looked at; 0 at rest. */
  let left = 0;
  let running = false;
  let waiting: (() => void)[] = [];

  function block(first: number, end: number): void {
    let changed = false;
    for (let i = first; i < end; i++) {
      if (painted[i] === wanted[i]) continue;
      painted[i] = wanted[i];
      paintRow(geometry, pristine, i, wanted[i]);
      changed = true;
    }
    if (changed) refresh(first, end - first);
  }

  function slice(): void {
    const end = Math.min(count, at + sliceRows, at + left);
    for (let first = at; first < end; first += blockRows) block(first, Math.min(end, first + blockRows));
    left -= end - at;
    at = end === count ? 0 : end;
    if (left > 0) return later(slice);
    running = false;
    for (const done of waiting.splice(0)) done();
  }

  return {
    show(states) {
      wanted = (states as Uint8Array<ArrayBuffer> | null) ?? plain;
      // From where the last wish was left: everything is looked at once more.
      left = count;
      if (running || count === 0) return;
      running = true;
      slice();
    },
    settled: () => (running ? new Promise((resolve) => waiting.push(resolve)) : Promise.resolve()),
    dispose() {
      left = 0;
      waiting = [];
    },
  };
}
