/**
 * The one door to every task: makes the machine ready (a new enough Node, the locked dependencies, a Chromium for the tests), then runs
 * the task with what the person added after `--`.
 * Invariant: runs on plain Node with nothing installed; set-up talks on standard error only; the task's exit code is the exit code.
 */
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureChromium } from './lib/chromium.mjs';
import { installDependencies } from './lib/install.mjs';
import { isAtLeast, newerNode, oldestNode, withNodeOnPath } from './lib/node.mjs';
import { runInherited } from './lib/run.mjs';
import { tasks } from './lib/tasks.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** @param {string} line */
function giveUp(line) {
  process.stderr.write(`${line}\n`);
  return 1;
}

/** Killing `npm run` kills the shell between npm and this process and nothing else: the shell's end is the only sign of it. */
const endWithParent = process.env['npm_lifecycle_event'] === process.argv[2];

/** `npm run` moves to the repository's folder; the person's paths are meant from where they typed the command. */
function callerFolder() {
  const runByNpm = process.env['npm_lifecycle_event'] === 'splat' && process.cwd() === root;
  return (runByNpm && process.env['INIT_CWD']) || process.cwd();
}

/**
 * @param {import('./lib/tasks.mjs').Task} task
 * @returns {Promise<number>}
 */
async function runTask(task) {
  const env = { ...process.env };
  if (task.browser) {
    const chromium = ensureChromium(env);
    if ('remedy' in chromium) return giveUp(chromium.remedy);
    env['CHROMIUM_PATH'] = chromium.path;
  }
  const options = { cwd: task.cwd ?? root, env, endWithParent };
  if (task.gpu) {
    const hooks = ['--disable-warning=ExperimentalWarning', '--import', './scripts/node-hooks.mjs'];
    await runInherited(process.execPath, [...hooks, 'scripts/print-adapter.mjs'], options);
  }
  let worst = 0;
  for (const command of task.commands) worst = (await runInherited(process.execPath, command, options)) || worst;
  return worst;
}

/**
 * @param {string} name
 * @param {string[]} args
 * @returns {Promise<number>} the exit code
 */
async function main(name, args) {
  const all = tasks(root, args, callerFolder());
  if (!Object.hasOwn(all, name)) return giveUp(`Unknown task "${name}". Tasks: ${Object.keys(all).join(', ')}`);
  if (!isAtLeast(process.versions.node, oldestNode)) {
    const binary = newerNode(root);
    if (!binary) return giveUp(`Node ${oldestNode} or newer is needed and could not be fetched; install Node 24 from https://nodejs.org`);
    return runInherited(binary, [fileURLToPath(import.meta.url), name, ...args], {
      env: withNodeOnPath(binary, process.env),
      endWithParent,
    });
  }
  if (!installDependencies(root)) return giveUp(`The dependencies could not be installed; run: npm ci`);
  return runTask(all[name]);
}

process.exitCode = await main(process.argv[2] ?? '', process.argv.slice(3));
