/**
 * Lets messages through to the page and holds progress in a latest-value slot.
 * Invariant: at most one progress message per interval is sent, the newest one, and never after a message that came later.
 */
import type { TrainMessage } from '../protocol.ts';

type Post = (message: TrainMessage, transfer?: Transferable[]) => void;

/** Wraps a sender so that a trainer doing hundreds of steps a second costs the page ten updates a second. */
export function createMessageOutlet(send: Post, intervalMs = 100): Post {
  let latest: TrainMessage | null = null;
  let timer: ReturnType<typeof setTimeout> | null = null;

  const flush = (): void => {
    if (timer !== null) clearTimeout(timer);
    timer = null;
    if (latest) send(latest);
    latest = null;
  };

  return (message, transfer) => {
    if (message.type === 'event' && message.event.type === 'progress') {
      latest = message;
      timer ??= setTimeout(flush, intervalMs);
      return;
    }
    flush();
    send(message, transfer);
  };
}
