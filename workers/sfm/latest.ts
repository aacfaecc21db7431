/**
 * A latest-value slot: what is offered faster than it can be used is replaced by the newest.
 * Invariant: `use` is called at most once per interval and always ends with the last value offered; after drop() nothing is used.
 */
export interface LatestSlot<T> {
  offer(value: T): void;
  /** Uses the waiting value now. */
  flush(): void;
  /** Forgets the waiting value. */
  drop(): void;
}

export function createLatestSlot<T>(use: (value: T) => void, intervalMs: number): LatestSlot<T> {
  let waiting: { value: T } | null = null;
  let timer: ReturnType<typeof setTimeout> | null = null;

  const take = (): void => {
    const next = waiting;
    waiting = null;
    if (next) use(next.value);
  };
  const rest = (): void => {
    timer = setTimeout(() => {
      timer = null;
      if (!waiting) return;
      take();
      rest();
    }, intervalMs);
  };

  return {
    offer(value) {
      waiting = { value };
      if (timer !== null) return;
      take();
      rest();
    },
    flush: take,
    drop: () => void (waiting = null),
  };
}
