/** Connection notes: tells the person once that the cloud is away and once that it is back. Invariant: no line per try. */
export interface ConnectionNotes {
  failed(detail: string): void;
  worked(): void;
}

export function createConnectionNotes(origin: string, note: (line: string) => void): ConnectionNotes {
  let isAway = false;
  return {
    failed(detail) {
      if (!isAway) note(`${origin} does not answer: ${detail.replace(/\.$/, '')}. Trying again until it does.`);
      isAway = true;
    },
    worked() {
      if (isAway) note(`${origin} answers again.`);
      isAway = false;
    },
  };
}
