/**
 * News that projects changed, to every tab and to every store of this one.
 * Invariant: whoever listens is told once per change; after close() it hears nothing.
 */
const channelName = 'splat-app-projects';

export interface Notices {
  tell(): void;
  listen(listener: () => void): () => void;
  close(): void;
}

const openChannel = (): BroadcastChannel | null => (typeof BroadcastChannel === 'undefined' ? null : new BroadcastChannel(channelName));

export function createNotices(): Notices {
  const listeners = new Set<() => void>();
  const channel = openChannel();
  const tellHere = (): void => listeners.forEach((listener) => listener());
  if (channel) channel.onmessage = tellHere;
  return {
    // A channel does not hear itself.
    tell() {
      tellHere();
      channel?.postMessage('changed');
    },
    listen(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    close() {
      listeners.clear();
      channel?.close();
    },
  };
}

/** For who has no store at hand. */
export function tellAll(): void {
  const channel = openChannel();
  channel?.postMessage('changed');
  channel?.close();
}
