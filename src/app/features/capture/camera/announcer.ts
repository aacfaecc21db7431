/**
 * What a screen reader is told while photos are taken: the guide's words change too often to be read out each time.
 * Invariant: two announcements are at least `pauseMs` apart; of what comes in between only the latest is said, and events before guidance.
 */
export interface Announcer {
  /** Something that happened (a shot, a switch): said at the next turn, whatever guidance waits. */
  event(words: string): void;
  /** How things are: said when it differs from what was said last. */
  guidance(words: string): void;
  dispose(): void;
}

export function createAnnouncer(say: (words: string) => void, pauseMs = 3000): Announcer {
  let [event, guidance, said] = ['', '', ''];
  let timer: ReturnType<typeof setTimeout> | null = null;

  function turn(): void {
    timer = null;
    const words = event || (guidance === said ? '' : guidance);
    if (!words) return;
    if (!event) said = guidance;
    event = '';
    say(words);
    timer = setTimeout(turn, pauseMs);
  }

  const wake = (): void => {
    if (timer === null) turn();
  };

  return {
    event(words) {
      event = words;
      wake();
    },
    guidance(words) {
      guidance = words;
      wake();
    },
    dispose() {
      if (timer !== null) clearTimeout(timer);
    },
  };
}
