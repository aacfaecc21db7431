/**
 * Interrupts: Ctrl-C and the system's requests to end, as one wish to stop.
 * Invariant: the first wish is passed on and the command ends in its own time; the next one ends the process at once.
 * While a GPU is in use the first one must never call process.exit(): drivers compile on threads of their own, and their tables are taken
 * away under them (seen: a crash, or rubbish on standard output).
 */
export interface Interrupts {
  readonly requested: boolean;
  /** What the first wish does from now on; one made before is in `requested`. Replaces the listener before. */
  onRequest(listener: () => void): void;
  dispose(): void;
}

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** One key press reaches the process twice under npm, which passes on the signal that the terminal has already sent to everyone. */
const samePressMs = 500;

export interface InterruptActions {
  /** The first wish, when nobody listens yet: there is nothing to stop in good order. */
  unheard(): void;
  /** The second wish: to leave at once. */
  again(): void;
}

/** Watches the signals of a process. */
export function watchInterrupts(source: NodeJS.EventEmitter, nowMs: () => number, actions: InterruptActions): Interrupts {
  let firstMs: number | null = null;
  let listener = actions.unheard;
  const handle = (): void => {
    if (firstMs === null) {
      firstMs = nowMs();
      listener();
    } else if (nowMs() - firstMs >= samePressMs) actions.again();
  };
  for (const signal of signals) source.on(signal, handle);
  return {
    get requested() {
      return firstMs !== null;
    },
    onRequest(next) {
      listener = next;
    },
    dispose() {
      for (const signal of signals) source.off(signal, handle);
    },
  };
}
