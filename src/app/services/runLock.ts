/**
 * One run at a time, over all tabs of this site: two would share the GPU and its memory and both be slow or fail.
 * Invariant: the lock is free again when it was given back or its tab is gone, however that tab went.
 */

export const runLockName = 'splat-app-run';

export interface RunLock {
  /** Resolves when others can have it. */
  release(): Promise<void>;
}

function request(options: LockOptions): Promise<RunLock | null> {
  return new Promise((resolve, reject) => {
    const held = navigator.locks.request(runLockName, options, (lock) => {
      if (!lock) return resolve(null);
      return new Promise<void>((end) => {
        const release = (): Promise<void> => {
          end();
          return held;
        };
        resolve({ release });
      });
    });
    held.catch(reject);
  });
}

const noLocks: RunLock = { release: () => Promise.resolve() };

/** The lock when it is free now; null while another tab has it. Browsers without locks get one that keeps nobody out. */
export const takeRunLock = (): Promise<RunLock | null> =>
  'locks' in navigator ? request({ ifAvailable: true }) : Promise.resolve(noLocks);

/** Waits for the lock. Rejects with the signal's reason when it fires first. */
export async function waitForRunLock(signal: AbortSignal): Promise<RunLock> {
  return ('locks' in navigator ? await request({ signal }) : null) ?? noLocks;
}
