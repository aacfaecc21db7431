/**
 * The app as an installed program: kept for use without a network, brought up to date when the person wishes, installed when asked.
 * Invariant: nothing of it is needed for the rest to work, and none of it ever reloads the page by itself.
 */
import { askWorker } from './askWorker.ts';
import type { RegisteredWorker } from './connectServiceWorker.ts';
import { type InstallState, watchInstallOffer } from './installOffer.ts';
import { isRunLocked, watchBusy } from './runWatch.ts';
import { registerServiceWorker } from './serviceWorker.ts';
import { type UpdateEvent, type UpdateState, noUpdate, reduceUpdate, showsUpdate } from './updateState.ts';

/** How far the app is kept on this device. */
export type OfflineState =
  /** Not known, or not possible here. */
  | { state: 'off' }
  | { state: 'filling'; doneBytes: number; totalBytes: number }
  | { state: 'ready' }
  /** Some files could not be fetched or kept; tried again when the network is back and at the next visit. */
  | { state: 'incomplete'; missing: number };

export interface PwaSnapshot {
  /** A newer version may be offered now. */
  updateReady: boolean;
  offline: OfflineState;
  install: InstallState;
}

export interface Pwa {
  readonly snapshot: PwaSnapshot;
  /** Calls the listener at every change; returns what ends that. */
  subscribe(listener: (snapshot: PwaSnapshot) => void): () => void;
  /** Changes to the newer version and reloads, unless a run has begun meanwhile. */
  applyUpdate(): Promise<void>;
  later(): void;
  install(): Promise<boolean>;
  dispose(): void;
}

/** Runs when the page has loaded and has nothing to do. */
function whenIdle(work: () => void): void {
  const idle = (): void => void ('requestIdleCallback' in window ? requestIdleCallback(work, { timeout: 5000 }) : setTimeout(work, 1500));
  if (document.readyState === 'complete') idle();
  else addEventListener('load', idle, { once: true });
}

/** Has the worker fetch whatever of the app is not on this device yet. */
async function keepEverything(registered: RegisteredWorker, tell: (offline: OfflineState) => void): Promise<void> {
  const { active } = await registered.ready;
  if (!active) return;
  const filled = await askWorker(active, { type: 'cache-all' }, 'filled', {
    each: (answer) => {
      if (answer.type === 'progress') tell({ state: 'filling', doneBytes: answer.doneBytes, totalBytes: answer.totalBytes });
    },
  });
  if (!filled) tell({ state: 'off' });
  else tell(filled.missing === 0 ? { state: 'ready' } : { state: 'incomplete', missing: filled.missing });
}

/**
 * Call once, early.
 * @param options.isBusy whether this page has work that a reload would end; the run's lock is looked at besides
 */
export function createPwa({ isBusy }: { isBusy: () => boolean }): Pwa {
  const listeners = new Set<(snapshot: PwaSnapshot) => void>();
  let update: UpdateState = noUpdate;
  let offline: OfflineState = { state: 'off' };
  let stopWatching: (() => void) | null = null;
  const abort = new AbortController();

  const snapshot = (): PwaSnapshot => ({ updateReady: showsUpdate(update), offline, install: offer.state });
  const changed = (): void => listeners.forEach((listener) => listener(snapshot()));
  const offer = watchInstallOffer(changed);

  function happen(event: UpdateEvent): void {
    const before = showsUpdate(update);
    update = reduceUpdate(update, event);
    if (showsUpdate(update) !== before) changed();
  }

  /** The lock is looked at only once there is something to tell; until it was looked at, the page counts as busy. */
  function newer(): void {
    happen({ type: 'busy', busy: true });
    happen({ type: 'newer' });
    stopWatching?.();
    stopWatching = watchBusy(isBusy, (busy) => happen({ type: 'busy', busy }));
  }

  const registered = registerServiceWorker({ newer });
  const keep = (): void => {
    if (!registered || abort.signal.aborted) return;
    void keepEverything(registered, (state) => {
      offline = state;
      changed();
    });
  };
  whenIdle(keep);
  addEventListener('online', () => offline.state === 'incomplete' && keep(), { signal: abort.signal });

  return {
    get snapshot() {
      return snapshot();
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async applyUpdate() {
      const busy = isBusy() || (await isRunLocked());
      happen({ type: 'busy', busy });
      if (!busy) registered?.applyUpdate();
    },
    later: () => happen({ type: 'later' }),
    install: () => offer.install(),
    dispose() {
      abort.abort();
      stopWatching?.();
      offer.dispose();
      registered?.dispose();
      listeners.clear();
    },
  };
}
