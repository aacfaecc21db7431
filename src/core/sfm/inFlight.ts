/**
 * In flight: runs an asynchronous function over 0..n-1 with a bounded number under way.
 * Invariant: results come back in order; the first error, or the signal, ends it and is what is thrown.
 */
export async function mapInFlight<T>(n: number, limit: number, run: (index: number) => Promise<T>, signal?: AbortSignal): Promise<T[]> {
  const results = new Array<T>(n);
  let next = 0;
  let failed = false;
  const lane = async (): Promise<void> => {
    while (next < n && !failed) {
      signal?.throwIfAborted();
      const index = next++;
      try {
        results[index] = await run(index);
      } catch (error) {
        failed = true;
        throw error;
      }
    }
  };
  await Promise.all(Array.from({ length: Math.max(1, Math.min(limit, n)) }, lane));
  signal?.throwIfAborted();
  return results;
}

/** Runs functions one after another, however many callers there are. */
export function createTurns(): <T>(run: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  return (run) => {
    const mine = last.then(run, run);
    last = mine.catch(() => undefined);
    return mine;
  };
}
