/**
 * News that projects changed, to every tab and to every store of this one.
 * Invariant: whoever listens is told once per change; after close() it hears nothing.
 */
const channelName = 'splat-app-projects';

/** Told the id of the project that changed; null when it may be any. */
export type ChangeListener = (id: string | null) => void;

export interface Notices {
  tell(id: string | null): void;
  listen(listener: ChangeListener): () => void;
  close(): void;
}

const openChannel = (): BroadcastChannel | null => (typeof BroadcastChannel === 'undefined' ? null : new BroadcastChannel(channelName));

/** A tab of another version may say anything. */
const idIn = (data: unknown): string | null =>
  typeof data === 'object' && data !== null && 'id' in data && typeof data.id === 'string' ? data.id : null;

export function createNotices(): Notices {
  const listeners = new Set<ChangeListener>();
  const channel = openChannel();
  const tellHere = (id: string | null): void => listeners.forEach((listener) => listener(id));
  if (channel) channel.onmessage = ({ data }) => tellHere(idIn(data));
  return {
    // A channel does not hear itself.
    tell(id) {
      tellHere(id);
      channel?.postMessage({ id });
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
  channel?.postMessage({ id: null });
  channel?.close();
}
