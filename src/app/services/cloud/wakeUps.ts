/**
 * When the outbox is looked at again: the network is back, the page is seen again, the service worker says so (Background Sync), and in the
 * end a timer.
 * Invariant: after the returned function has run, nothing wakes any more.
 */

/** What the service worker posts to its pages when a Background Sync with the tag `outbox` fires. */
export const outboxWakeMessage = 'outbox-wake';
export const syncTag = 'outbox';

interface SyncManager {
  register(tag: string): Promise<void>;
}

/** Asks the browser to wake the service worker when the network is back, where it can. An extra only: the page wakes by itself too. */
export function askForSync(): void {
  if (!('serviceWorker' in navigator)) return;
  navigator.serviceWorker
    .getRegistration()
    .then((registration) => (registration as { sync?: SyncManager } | undefined)?.sync?.register(syncTag))
    .catch(() => undefined);
}

export function listenForWakeUps(wake: () => void): () => void {
  const worker = 'serviceWorker' in navigator ? navigator.serviceWorker : null;
  const onVisible = (): void => {
    if (document.visibilityState === 'visible') wake();
  };
  const onMessage = ({ data }: MessageEvent): void => {
    if ((data as { type?: unknown } | null)?.type === outboxWakeMessage) wake();
  };
  addEventListener('online', wake);
  document.addEventListener('visibilitychange', onVisible);
  worker?.addEventListener('message', onMessage);
  return () => {
    removeEventListener('online', wake);
    document.removeEventListener('visibilitychange', onVisible);
    worker?.removeEventListener('message', onMessage);
  };
}
