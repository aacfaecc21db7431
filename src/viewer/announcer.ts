/**
 * Announcer: what the live region says. Invariant: of several words in a short time only the last is spoken, and the same words twice
 * are spoken twice.
 */
export interface Announcer {
  /** Says something after a while of quiet. */
  say(words: string, afterMs?: number): void;
  dispose(): void;
}

export function createAnnouncer(region: HTMLElement): Announcer {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const put = (words: string) => {
    // A region whose text stays the same is not read again; the no-break space makes it differ and is not spoken.
    region.textContent = region.textContent === words ? `${words}\u00a0` : words;
  };
  return {
    say(words, afterMs = 0) {
      clearTimeout(timer);
      if (afterMs > 0) timer = setTimeout(() => put(words), afterMs);
      else put(words);
    },
    dispose() {
      clearTimeout(timer);
      region.textContent = '';
    },
  };
}
