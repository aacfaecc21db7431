/**
 * ffmpeg: the program on the PATH that reads videos for the terminal (a page has WebCodecs for it).
 * Invariant: however it ends, the result says so: its exit, its absence, or the person's wish to stop.
 */
import { spawn } from 'node:child_process';
import { type Result, fail, ok } from '../core/job/failure.ts';

const remedy =
  'ffmpeg, which reads videos, was not found on the PATH. Install it ("apt-get install ffmpeg", "brew install ffmpeg", "winget install ffmpeg"), ' +
  'or give a folder of frames.';

export interface FfmpegRun {
  /** Last lines of what it said. */
  said: string;
  exitCode: number | null;
}

/** Enough of its output to tell the length of the video and what went wrong. */
const saidBytes = 16_384;

export interface FfmpegPorts {
  onOutput?(chunk: Uint8Array): void;
  /** All that was said so far, whenever there is more. */
  onSaid?(text: string): void;
  signal?: AbortSignal | undefined;
}

const isAbsent = (error: unknown): boolean => error instanceof Error && 'code' in error && error.code === 'ENOENT';

/** Runs it to its end. Fails with `bad-file` when there is no ffmpeg, and with `cancelled`. */
export async function runFfmpeg(args: string[], { onOutput, onSaid, signal }: FfmpegPorts): Promise<Result<FfmpegRun>> {
  const cancelled = fail('cancelled', 'Stopped while the video was read.');
  if (signal?.aborted) return cancelled;
  const child = spawn('ffmpeg', ['-hide_banner', '-nostdin', ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  const stop = (): void => void child.kill('SIGKILL');
  signal?.addEventListener('abort', stop, { once: true });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => {
    said = (said + chunk.toString('utf8')).slice(-saidBytes);
    onSaid?.(said);
  });
  child.stdout.on('data', (chunk: Buffer) => onOutput?.(chunk));
  try {
    const exitCode = await new Promise<number | null>((resolve, reject) => {
      child.on('error', reject);
      child.on('close', resolve);
    });
    return signal?.aborted ? cancelled : ok({ said, exitCode });
  } catch (error) {
    if (isAbsent(error)) return fail('bad-file', remedy);
    throw error;
  } finally {
    signal?.removeEventListener('abort', stop);
  }
}

/** Flags that hand on every decoded frame once, neither doubled nor dropped; the word for it changed with version 5.1. */
export async function everyFrame(signal: AbortSignal | undefined): Promise<Result<string[]>> {
  let version = '';
  const run = await runFfmpeg(['-version'], { signal, onOutput: (chunk) => (version += new TextDecoder().decode(chunk)) });
  if (!run.ok) return run;
  const [, major = '99', minor = '0'] = /version n?(\d+)\.(\d+)/.exec(version) ?? [];
  const old = Number(major) < 5 || (major === '5' && minor === '0');
  return ok(old ? ['-vsync', 'passthrough'] : ['-fps_mode', 'passthrough']);
}

/** Frames that a video will have by what ffmpeg says of it; null when it does not say. */
export function frameEstimate(said: string): number | null {
  const length = /Duration: (\d+):(\d\d):(\d\d(?:\.\d+)?)/.exec(said);
  const rate = /([\d.]+) fps/.exec(said);
  if (!length || !rate) return null;
  const seconds = 3600 * Number(length[1]) + 60 * Number(length[2]) + Number(length[3]);
  return Math.max(1, Math.round(seconds * Number(rate[1])));
}

/** The last line that is about an error. */
export const lastWords = (said: string): string =>
  said
    .trim()
    .split(/[\r\n]+/)
    .at(-1) ?? '';
