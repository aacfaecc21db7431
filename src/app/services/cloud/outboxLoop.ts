/**
 * The loop over all entries, in whichever tab has the lock.
 * Invariant: one tab works the outbox at a time; the others wait for the lock and take over when that tab goes.
 */
import { type OutboxEntry, isFinal, isOpen } from './outboxEntry.ts';
import { type OutboxTools, workOn } from './outboxWork.ts';

export const outboxLockName = 'splat-app-outbox';
/** Timers beyond this are cut short; the loop then looks and sleeps again. */
const longestSleepMs = 60_000;

export interface OutboxLoop {
  /** Looks again now. */
  nudge(): void;
  /** What is under way for this entry is broken off when the entry no longer wants it. */
  check(entry: OutboxEntry | null, id: string): void;
  dispose(): void;
}

export interface LoopOptions {
  tools: OutboxTools;
  /** Runs `work` while this tab has the lock; resolves when it is done or the signal fired before it began. */
  withLock(work: () => Promise<void>, signal: AbortSignal): Promise<void>;
}

export async function withWebLock(work: () => Promise<void>, signal: AbortSignal): Promise<void> {
  if (!('locks' in navigator)) return work();
  await navigator.locks.request(outboxLockName, { signal }, work).catch((error: unknown) => {
    if (!signal.aborted) throw error;
  });
}

export function startOutboxLoop({ tools, withLock }: LoopOptions): OutboxLoop {
  const over = new AbortController();
  /** By entry: what is under way. */
  const under = new Map<string, AbortController>();
  let nudged = false;
  let wakeSleeper: () => void = () => undefined;

  const sleep = (ms: number): Promise<void> =>
    new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      wakeSleeper = () => {
        clearTimeout(timer);
        resolve();
      };
    });

  async function work({ id }: OutboxEntry): Promise<void> {
    const controller = new AbortController();
    under.set(id, controller);
    await workOn(tools, id, controller.signal).finally(() => under.delete(id));
    nudge();
  }

  /** Begins what is due and says how long the rest can wait. Entries go side by side: one that only waits holds up no other. */
  async function round(): Promise<number> {
    const idle = (await tools.store.all()).filter((entry) => isOpen(entry) && !under.has(entry.id));
    const dueMs = idle.map((entry) => entry.nextTryMs - tools.now());
    idle.filter((_, at) => dueMs[at] <= 0).forEach((entry) => void work(entry).catch(() => undefined));
    return Math.min(longestSleepMs, ...dueMs.filter((ms) => ms > 0));
  }

  async function loop(): Promise<void> {
    while (!over.signal.aborted) {
      nudged = false;
      const ms = await round().catch(() => longestSleepMs);
      if (!nudged && !over.signal.aborted) await sleep(ms);
    }
  }

  function nudge(): void {
    nudged = true;
    wakeSleeper();
  }

  void withLock(loop, over.signal);
  return {
    nudge,
    check(entry, id) {
      if (!entry || isFinal(entry)) under.get(id)?.abort();
    },
    dispose() {
      over.abort();
      for (const controller of under.values()) controller.abort();
      nudge();
    },
  };
}
