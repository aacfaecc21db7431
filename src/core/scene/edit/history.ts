/**
 * Edit history: doing, taking back and doing again. Histories are values: every step gives a new one and leaves the old as it was.
 * Invariant: undo(perform(h, o)) has the operations of h (unless o was merged), redo(undo(h)) is h; what was taken back is forgotten once
 * something else is done.
 */
import type { EditHistory, EditOperation } from './operations.ts';

/** Of these only the last counts, so the steps of one drag can become one. */
const lastCounts: ReadonlySet<EditOperation['kind']> = new Set(['floaters', 'orient', 'background', 'start-view']);

function mergesInto(last: EditOperation | undefined, next: EditOperation): boolean {
  if (last?.kind === 'hotspot' && next.kind === 'hotspot') return last.hotspot.id === next.hotspot.id;
  return last?.kind === next.kind && lastCounts.has(next.kind);
}

/**
 * Does an operation.
 * @param merge it belongs to the same drag as the one before: where both are of one kind of which only the last counts (floaters, orient,
 * background, start-view, a hotspot of the same id), it takes that one's place, so that one undo takes back the whole drag
 */
export function perform(history: EditHistory, operation: EditOperation, { merge = false }: { merge?: boolean } = {}): EditHistory {
  const kept = merge && mergesInto(history.done.at(-1), operation) ? history.done.slice(0, -1) : history.done;
  return { done: [...kept, operation], undone: [] };
}

/** Takes the last operation back; the same history where there is none. */
export function undo(history: EditHistory): EditHistory {
  const last = history.done.at(-1);
  return last ? { done: history.done.slice(0, -1), undone: [...history.undone, last] } : history;
}

/** Does again what was taken back last; the same history where there is nothing. */
export function redo(history: EditHistory): EditHistory {
  const last = history.undone.at(-1);
  return last ? { done: [...history.done, last], undone: history.undone.slice(0, -1) } : history;
}

export const canUndo = ({ done }: EditHistory): boolean => done.length > 0;
export const canRedo = ({ undone }: EditHistory): boolean => undone.length > 0;
