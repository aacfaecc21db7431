/**
 * Runs child processes.
 * Invariant: the parent outlives its child and ends with the child's exit code, also when the person presses Ctrl-C.
 */
import { spawn, spawnSync } from 'node:child_process';
import { constants } from 'node:os';

/** @type {NodeJS.Signals[]} */
const passedOn = ['SIGINT', 'SIGTERM', 'SIGHUP'];

/** A terminal sends Ctrl-C to every process of the group at once; passing it on as well would make it two. */
const hasTerminal = () => Boolean(process.stdin.isTTY || process.stdout.isTTY || process.stderr.isTTY);

/**
 * Runs a program with this process's own input and output and waits for it.
 * @param {string} file the program
 * @param {string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv, endWithParent?: boolean }} [options] endWithParent: end the program when this process's
 *   own parent is gone
 * @returns {Promise<number>} its exit code; 128 + the signal's number when a signal ended it; 127 when it could not be started
 */
export function runInherited(file, args, { endWithParent = false, ...options } = {}) {
  return new Promise((resolve) => {
    const child = spawn(file, args, { ...options, stdio: 'inherit' });
    const parent = process.ppid;
    const watch = setInterval(() => {
      if (!endWithParent || process.ppid === parent) return;
      clearInterval(watch);
      child.kill('SIGTERM');
    }, 500);
    /** @type {(signal: NodeJS.Signals) => void} */
    const pass = (signal) => {
      if (signal === 'SIGTERM' || !hasTerminal()) child.kill(signal);
    };
    /** @param {number} code */
    const finish = (code) => {
      clearInterval(watch);
      for (const signal of passedOn) process.off(signal, pass);
      resolve(code);
    };
    for (const signal of passedOn) process.on(signal, pass);
    child.on('error', () => finish(127));
    child.on('exit', (code, signal) => finish(signal ? 128 + constants.signals[signal] : (code ?? 1)));
  });
}

/**
 * Runs a set-up step. Everything it prints goes to standard error, so that a task's own standard output stays clean.
 * @param {string} file the program
 * @param {string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv }} [options]
 * @returns {boolean} true when it ended with exit code 0
 */
export function runSetup(file, args, options = {}) {
  return spawnSync(file, args, { ...options, stdio: ['ignore', 2, 2] }).status === 0;
}

/**
 * Runs npm as a set-up step with the Node that runs this process.
 * @param {string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv }} [options]
 * @returns {boolean} true when it ended with exit code 0
 */
export function runNpm(args, options = {}) {
  const npmCli = process.env['npm_execpath'];
  if (npmCli?.endsWith('npm-cli.js')) return runSetup(process.execPath, [npmCli, ...args], options);
  if (process.platform !== 'win32') return runSetup('npm', args, options);
  return runSetup('cmd.exe', ['/d', '/c', 'npm', ...args], options);
}
