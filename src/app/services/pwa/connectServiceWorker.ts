/**
 * The page's side of the service worker: registers it, notices a newer version, and changes over when the person says so.
 * Invariant: this page is reloaded only after applyUpdate, and only once; a change made in another tab is told, not followed.
 */
import type { ServiceQuestion } from '../../../../workers/service/messages.ts';

/** Must be the name under which the build writes it. */
const scriptUrl = '/service.js';
const checkEveryMs = 3600_000;

export interface ServiceWorkerHooks {
  /** A newer version can be changed to. Told once for each. */
  newer(): void;
  reload(): void;
  now(): number;
}

/** What of the browser is used, so that tests can stand in for it. */
export interface ServiceWorkerHost {
  container: ServiceWorkerContainer;
  /** Fires 'focus' when the person comes back to the page. */
  page: EventTarget;
}

export interface RegisteredWorker {
  /** Changes to the newer version and reloads the page when it is there. */
  applyUpdate(): void;
  /** The worker that answers questions; resolves when there is an active one. */
  ready: Promise<ServiceWorkerRegistration>;
  dispose(): void;
}

/** Calls back once when the worker is installed; a worker that failed never is. */
function whenInstalled(worker: ServiceWorker, done: () => void): void {
  const look = (): void => {
    if (worker.state !== 'installed') return;
    worker.removeEventListener('statechange', look);
    done();
  };
  worker.addEventListener('statechange', look);
  look();
}

/** The newer version's worker in a registration; the first version of all is not newer than anything. */
function watchForNewer(registration: ServiceWorkerRegistration, newer: () => void): void {
  const watched = new Set<ServiceWorker>();
  const watch = (worker: ServiceWorker | null): void => {
    if (!worker || watched.has(worker)) return;
    watched.add(worker);
    whenInstalled(worker, () => registration.active && newer());
  };
  watch(registration.waiting);
  watch(registration.installing);
  registration.addEventListener('updatefound', () => watch(registration.installing));
}

/** Registers the worker. Rejections are swallowed: without it the app works as any page does. */
export function connectServiceWorker({ container, page }: ServiceWorkerHost, hooks: ServiceWorkerHooks): RegisteredWorker {
  let registration: ServiceWorkerRegistration | null = null;
  let lastCheckMs = hooks.now();
  let applying = false;
  let hadController = container.controller !== null;
  const abort = new AbortController();

  function controllerChanged(): void {
    const first = !hadController;
    hadController = true;
    if (applying) {
      applying = false;
      hooks.reload();
    } else if (!first) hooks.newer();
  }

  function check(): void {
    if (!registration || hooks.now() - lastCheckMs < checkEveryMs) return;
    lastCheckMs = hooks.now();
    registration.update().catch(() => undefined);
  }

  container.addEventListener('controllerchange', controllerChanged, { signal: abort.signal });
  page.addEventListener('focus', check, { signal: abort.signal });
  container.register(scriptUrl, { updateViaCache: 'none' }).then(
    (registered) => {
      registration = registered;
      if (!abort.signal.aborted) watchForNewer(registered, hooks.newer);
    },
    () => undefined,
  );

  return {
    ready: container.ready,
    applyUpdate() {
      const { waiting } = registration ?? {};
      // Nothing waits where another tab has changed over already: this page only has to follow.
      if (!waiting) return hooks.reload();
      applying = true;
      waiting.postMessage({ type: 'skip-waiting' } satisfies ServiceQuestion);
    },
    dispose: () => abort.abort(),
  };
}
