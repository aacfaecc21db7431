/** Runs the real command line as a child process. Invariant: what it prints and its exit code are those a person would get. */
import { type ChildProcess, spawn } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { JobEvent } from '../../src/core/job/events.ts';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

export interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** Starts `splat ...args`; `onLine` hears every whole line of standard output and may send the process a signal. */
export function splat(args: string[], onLine: (line: string, child: ChildProcess) => void = () => undefined): Promise<Ended> {
  const hooks = pathToFileURL(join(root, 'scripts/node-hooks.mjs')).href;
  const child = spawn(process.execPath, ['--import', hooks, join(root, 'src/cli/main.ts'), ...args], { cwd: root });
  const ended: Ended = { code: null, stdout: '', stderr: '' };
  let rest = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    ended.stdout += text;
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) onLine(line, child);
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => (ended.stderr += text));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ ...ended, code }));
  });
}

/** Standard output of a run with --json. Throws when a line is no JSON. */
export const eventsOf = (ended: Ended): JobEvent[] =>
  ended.stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as JobEvent);
