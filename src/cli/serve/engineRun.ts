/**
 * Engine run: `splat` in a process of its own, so that the worker never opens a GPU and outlives a driver that falls over.
 * Invariant: the process has ended when `ended` settles, and it never outlives the worker.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { JobEvent } from '../../core/job/events.ts';
import type { Failure } from '../../core/job/failure.ts';
import { jobEvent } from '../../core/job/cloudSchema.ts';

export interface EngineEnd {
  exitCode: number | null;
  /** What it said was the matter; null when it did not fail, or could not say. */
  failure: Failure | null;
  /** How it ended, in words, for one that could not say. */
  how: string;
  /** The last it wrote on standard error. */
  lastWords: string;
  seconds: number;
}

export interface EngineRun {
  ended: Promise<EngineEnd>;
  /** `save`: it keeps its checkpoint, within `saveMs`. `now`: it is gone at once. */
  stop(how: 'save' | 'now'): void;
}

const main = fileURLToPath(new URL('../main.ts', import.meta.url));
const guard = new URL('./parentGuard.ts', import.meta.url).href;
const wordsLength = 2000;
/** An engine that was asked to stop is given so long to write what it has. */
const saveMs = 20_000;

/** Of everything that it started too; Windows has no groups to signal. */
function kill(child: ChildProcess): void {
  try {
    if (process.platform !== 'win32' && child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
    else child.kill('SIGKILL');
  } catch {
    // It is gone already.
  }
}

function eventOf(line: string): JobEvent | null {
  try {
    const read = jobEvent.safeParse(JSON.parse(line));
    return read.success ? read.data : null;
  } catch {
    return null;
  }
}

/** Starts `splat ...args`; every event it writes comes to `onEvent`. With the same Node, flags and loader hooks as this process. */
export function startEngine(args: string[], onEvent: (event: JobEvent) => void): EngineRun {
  const startMs = performance.now();
  const child = spawn(process.execPath, [...process.execArgv, '--import', guard, main, ...args, '--json'], {
    // A process group of its own: Ctrl-C at the terminal reaches the worker alone, and the worker says what it means.
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let [failure, lastWords] = [null as Failure | null, ''];
  const lines = createInterface({ input: child.stdout });
  lines.on('line', (line) => {
    const event = eventOf(line);
    if (event?.type === 'failed') failure = event.failure;
    if (event) onEvent(event);
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => (lastWords = (lastWords + text).slice(-wordsLength)));
  child.stdin.on('error', () => undefined);
  let timer: NodeJS.Timeout | undefined;
  const ended = new Promise<EngineEnd>((resolve) => {
    const end = (exitCode: number | null, how: string): void => {
      clearTimeout(timer);
      resolve({ exitCode, failure, how, lastWords: lastWords.trim(), seconds: (performance.now() - startMs) / 1000 });
    };
    child.on('error', (error) => end(null, error.message));
    child.on('close', (code, signal) => end(code, signal === null ? `exit code ${code}` : `signal ${signal}`));
  });
  return {
    ended,
    stop(how) {
      if (how === 'now') return kill(child);
      child.kill('SIGINT');
      timer ??= setTimeout(() => kill(child), saveMs);
    },
  };
}
