/**
 * Previews: the splats so far brought to the cloud while training goes on.
 * Invariant: one at a time; a newer one that comes meanwhile is sent after it, those in between are not. A preview that does not arrive
 * is no matter.
 */
import { rename } from 'node:fs/promises';
import { factsOf } from './fileHash.ts';
import type { MadeFile } from './results.ts';

export interface Previews {
  /** The engine has written a new one. */
  ready(): void;
  /** When nothing is on its way any more; none is sent after that. */
  end(): Promise<void>;
}

/** `put` gives back whether it has arrived; then `told` is called. */
export function createPreviews(path: string, put: (file: MadeFile) => Promise<boolean>, told: () => void): Previews {
  let [isWaiting, isEnded] = [false, false];
  let underWay: Promise<void> | null = null;

  async function sendOne(): Promise<void> {
    // Under another name, for the engine may write the next one at any moment.
    const taken = `${path}.sent`;
    const there = await rename(path, taken).then(
      () => true,
      () => false,
    );
    const facts = there ? await factsOf(taken) : null;
    if (facts && (await put({ kind: 'preview', path: taken, ...facts })) && !isEnded) told();
  }

  async function sendAll(): Promise<void> {
    while (isWaiting && !isEnded) {
      isWaiting = false;
      await sendOne();
    }
    underWay = null;
  }

  return {
    ready() {
      isWaiting = true;
      underWay ??= sendAll();
    },
    async end() {
      isEnded = true;
      await underWay;
    },
  };
}
