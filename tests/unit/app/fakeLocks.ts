/**
 * A lock manager as the Web Locks specification has it, for one lock.
 * Invariant: granted in the order of the requests, and free again only some turns after the holder's promise was settled, as in a browser.
 */
type Callback = (lock: object | null) => unknown;

export class FakeLocks {
  held = false;
  names: string[] = [];
  private waiting: (() => void)[] = [];

  async request(name: string, { ifAvailable = false, signal }: LockOptions, callback: Callback): Promise<unknown> {
    this.names.push(name);
    signal?.throwIfAborted();
    if (this.held && ifAvailable) return callback(null);
    if (this.held) await this.turn(signal);
    this.held = true;
    try {
      return await callback({});
    } finally {
      await new Promise((resolve) => setTimeout(resolve));
      this.held = false;
      this.waiting.shift()?.();
    }
  }

  private turn(signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      this.waiting.push(resolve);
      signal?.addEventListener('abort', () => {
        this.waiting = this.waiting.filter((each) => each !== resolve);
        reject(signal.reason as Error);
      });
    });
  }
}
