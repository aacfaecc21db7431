/**
 * Calls of the cloud, timed.
 * Invariant: a call's time is what its caller waits: from the first byte of the first try to the last byte of the answer that counts, tries
 * that failed and the waits between them included.
 */

export interface CallTimes {
  ms: number[];
  /** Why tries were repeated, and how often. */
  retried: Map<string, number>;
}

export interface Answer {
  status: number;
  headers: Headers;
  bytes: Buffer;
}

export interface Calls {
  times: Map<string, CallTimes>;
  /**
   * Asks until there is an answer that is none of "not now".
   * @param name what it is called in the table
   * @throws Error when there is none after all tries
   */
  ask(name: string, url: string, init?: RequestInit): Promise<Answer>;
}

const mostTries = 8;
const patienceMs = 120_000;
const notNow = new Set([408, 425, 429, 500, 502, 503, 504]);

export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** @throws Error unless the answer has this status */
export function wanted(answer: Answer, status: number, what: string): Answer {
  if (answer.status === status) return answer;
  throw new Error(`${what}: ${answer.status} instead of ${status}: ${answer.bytes.toString('utf8', 0, 300)}`);
}

export const json = <T>({ bytes }: Answer): T => JSON.parse(bytes.toString('utf8')) as T;

/** The refusal's code; the message of Vite's page where the Worker itself did not answer. */
export function codeOf(text: string): string {
  const [, said] = /"code":"([\w-]+)"/.exec(text) ?? /"message":"([^"]{1,200})/.exec(text) ?? [];
  return said ?? text.replace(/\s+/g, ' ').slice(0, 80);
}

/** Null when it is an answer; else why to ask again. */
function whyAgain(answer: Answer): string | null {
  if (notNow.has(answer.status)) return `${answer.status} ${codeOf(answer.bytes.toString())}`.trim();
  return answer.status === 409 && codeOf(answer.bytes.toString()) === 'under-way' ? '409 under-way' : null;
}

async function tryOnce(url: string, init: RequestInit): Promise<Answer | string> {
  try {
    const response = await fetch(url, { redirect: 'error', ...init, signal: AbortSignal.timeout(patienceMs) });
    return { status: response.status, headers: response.headers, bytes: Buffer.from(await response.arrayBuffer()) };
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    return `no answer (${cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause)})`;
  }
}

export function createCalls(): Calls {
  const times = new Map<string, CallTimes>();

  function timesOf(name: string): CallTimes {
    const found = times.get(name) ?? { ms: [], retried: new Map<string, number>() };
    times.set(name, found);
    return found;
  }

  async function ask(name: string, url: string, init: RequestInit = {}): Promise<Answer> {
    const { ms, retried } = timesOf(name);
    const begun = performance.now();
    let why = '';
    for (let tries = 1; tries <= mostTries; tries++) {
      const answer = await tryOnce(url, init);
      const again = typeof answer === 'string' ? answer : whyAgain(answer);
      if (again === null) {
        ms.push(performance.now() - begun);
        return answer as Answer;
      }
      why = again;
      retried.set(again, (retried.get(again) ?? 0) + 1);
      const askedMs = typeof answer === 'string' ? 0 : 1000 * Number(answer.headers.get('retry-after') ?? 0);
      await pause(Math.max(askedMs, 200 * 2 ** tries * Math.random()));
    }
    throw new Error(`${name}: ${mostTries} tries, the last: ${why}`);
  }

  return { times, ask };
}
