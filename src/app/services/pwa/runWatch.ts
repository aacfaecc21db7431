/**
 * Whether work is under way that a reload would end, in this tab or another one.
 * Invariant: it only looks; it never takes or waits for the lock, so no run ever waits for it.
 */
import { runLockName } from '../runLock.ts';

const lookEveryMs = 2000;

/** True while any tab holds the lock of a run. False where the browser has no locks. */
export async function isRunLocked(): Promise<boolean> {
  if (!('locks' in navigator)) return false;
  const { held = [] } = await navigator.locks.query();
  return held.some(({ name }) => name === runLockName);
}

/** Looks at once and then regularly; tells every outcome. Returns what ends it. */
export function watchBusy(isBusyHere: () => boolean, tell: (busy: boolean) => void): () => void {
  const look = async (): Promise<void> => tell(isBusyHere() || (await isRunLocked()));
  void look();
  const timer = setInterval(() => void look(), lookEveryMs);
  return () => clearInterval(timer);
}
