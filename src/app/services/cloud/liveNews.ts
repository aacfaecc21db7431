/**
 * Live news of a job: the server says over a WebSocket that something happened, and the outbox looks at once instead of at its next turn.
 * Invariant: only a hint; without it the same comes by asking now and then. What it says is not read, so nothing can be wrong with it.
 */
export interface LiveNews {
  /** Listens to this job; to none when null. */
  follow(jobId: string | null): void;
}

/** A connection that is lost is tried again after so long, doubling. */
const firstWaitMs = 2_000;
const longestWaitMs = 60_000;
/** At most one hint in this time. */
const hintEveryMs = 700;

interface Options {
  /** The server's origin; empty for the page's own. */
  origin: string;
  onnews(): void;
  connect?: (url: string) => WebSocket;
}

export function createLiveNews({ origin, onnews, connect = (url) => new WebSocket(url) }: Options): LiveNews {
  let followed: string | null = null;
  let socket: WebSocket | null = null;
  let waitMs = firstWaitMs;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let hint: ReturnType<typeof setTimeout> | undefined;

  function stop(): void {
    clearTimeout(timer);
    clearTimeout(hint);
    hint = undefined;
    const last = socket;
    socket = null;
    last?.close();
  }

  function news(): void {
    waitMs = firstWaitMs;
    hint ??= setTimeout(() => {
      hint = undefined;
      onnews();
    }, hintEveryMs);
  }

  function open(jobId: string): void {
    const url = new URL(`/api/live/${encodeURIComponent(jobId)}`, new URL(`${origin}/`, globalThis.location?.href));
    url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
    const mine = connect(url.href);
    socket = mine;
    mine.onmessage = news;
    mine.onclose = () => {
      if (socket !== mine) return;
      socket = null;
      timer = setTimeout(() => open(jobId), waitMs);
      waitMs = Math.min(waitMs * 2, longestWaitMs);
    };
  }

  return {
    follow(jobId) {
      if (jobId === followed) return;
      followed = jobId;
      waitMs = firstWaitMs;
      stop();
      if (jobId !== null) open(jobId);
    },
  };
}
