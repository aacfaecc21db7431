/**
 * App and cloud as `npm start` runs them, in processes of their own, with a state folder of their own: to be killed and started again.
 * Invariant: what kill() leaves behind is what a power cut would; start() goes on from there.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

export interface CloudServer {
  url: string;
  /** Starts it (again) and waits until it answers. */
  start(): Promise<void>;
  /** Ends every process of it at once, without a word. */
  kill(): Promise<void>;
  /** What the operator shows to /admin. */
  adminToken(): Promise<string>;
  /** Everything it has said. */
  said(): string;
  close(): Promise<void>;
}

interface Options {
  /** Flags of every training run, e.g. "--steps 40". */
  trainArgs: string;
  /** Variables of the Worker, NAME=VALUE. */
  vars?: string[];
  /** Which trainer runs beside it; null: none. */
  trainer?: 'engine' | 'container' | null;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address ? address.port : 0;
}

export async function cloudServer({ trainArgs, vars = [], trainer = 'engine' }: Options): Promise<CloudServer> {
  const state = await mkdtemp(join(tmpdir(), 'splat-cloud-'));
  const port = await freePort();
  const url = `http://localhost:${port}`;
  let child: ChildProcess | null = null;
  let output = '';

  async function answers(): Promise<boolean> {
    return fetch(`${url}/api/health`).then(
      (answer) => answer.ok,
      () => false,
    );
  }

  async function start(): Promise<void> {
    const flags = [
      '--no-watch',
      '--sweep-seconds',
      '3',
      '--port',
      String(port),
      '--state',
      state,
      `--train-args=${trainArgs}`,
      ...(trainer === null ? ['--no-trainer'] : ['--trainer', trainer]),
    ];
    const env: NodeJS.ProcessEnv = { ...process.env };
    delete env.NODE_ENV;
    delete env.VITEST;
    // A group of its own, so that all of it can be ended at once.
    const mine = spawn(process.execPath, ['scripts/start.mjs', ...flags, ...vars.flatMap((each) => ['--var', each])], {
      cwd: root,
      env,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    child = mine;
    for (const stream of [mine.stdout, mine.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
    const deadlineMs = Date.now() + 120_000;
    while (!(await answers())) {
      if (mine.exitCode !== null || Date.now() > deadlineMs) throw new Error(`The server does not answer:\n${output.slice(-4000)}`);
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }

  async function kill(): Promise<void> {
    const mine = child;
    child = null;
    if (mine?.pid === undefined || mine.exitCode !== null) return;
    const gone = new Promise((resolve) => mine.once('exit', resolve));
    process.kill(-mine.pid, 'SIGKILL');
    await gone;
  }

  return {
    url,
    start,
    kill,
    adminToken: async () => (await readFile(join(state, 'secrets', 'admin'), 'utf8')).trim(),
    said: () => output,
    async close() {
      await kill();
      await rm(state, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}
