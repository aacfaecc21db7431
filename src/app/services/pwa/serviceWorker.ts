/**
 * Whether this page has a service worker at all.
 * Invariant: only published builds on secure addresses do: a cache between a developer and the sources would only mislead.
 */
import { type RegisteredWorker, type ServiceWorkerHooks, connectServiceWorker } from './connectServiceWorker.ts';

/** Registers in production builds on secure addresses; null elsewhere. */
export function registerServiceWorker(hooks: Pick<ServiceWorkerHooks, 'newer'>): RegisteredWorker | null {
  if (!import.meta.env.PROD || !isSecureContext || !('serviceWorker' in navigator)) return null;
  const all = { reload: () => location.reload(), now: () => Date.now(), ...hooks };
  return connectServiceWorker({ container: navigator.serviceWorker, page: window }, all);
}
