/**
 * Asks one question at a time and remembers only the newest of those that come meanwhile: for sliders and drags.
 * Invariant: the last value asked for is always asked, and its answer comes last.
 */
export interface Latest<T> {
  ask(value: T): void;
  /** Resolves when nothing is asked or waiting. */
  idle(): Promise<void>;
}

export function createLatest<T>(run: (value: T) => Promise<void>): Latest<T> {
  let next: { value: T } | null = null;
  let running: Promise<void> | null = null;

  async function work(): Promise<void> {
    while (next) {
      const { value } = next;
      next = null;
      await run(value);
    }
    running = null;
  }

  return {
    ask(value) {
      next = { value };
      running ??= work();
    },
    idle: () => running ?? Promise.resolve(),
  };
}
