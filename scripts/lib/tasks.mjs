/**
 * What each task runs.
 * Invariant: every command is a Node program of this repository or of a locked dependency; no shell, no global tool.
 */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/**
 * @typedef {object} Task
 * @property {string[][]} commands Node's arguments, one list per command; run in order, each even when an earlier one failed
 * @property {boolean} [browser] a Chromium is looked for first
 * @property {boolean} [gpu] the GPU adapter of the tests is printed first
 * @property {string} [cwd] the folder the commands run in; the repository's when absent
 */

/** tsconfigs checked with tsc; the app, which has Svelte files, is checked by svelte-check. */
const environments = ['core', 'viewer', 'workers', 'cli', 'cloud', 'tests', 'scripts'];

const svelteCheck = ['svelte-check/bin/svelte-check', '--tsconfig', './tsconfig.app.json', '--fail-on-warnings', '--output', 'human'];

const isFlag = (/** @type {string} */ arg) => arg.startsWith('-');

/**
 * Filters such as "tests/unit/x" and "tests/container" that need neither a browser nor a GPU.
 * @param {string[]} filters
 */
const onlyUnitTests = (filters) => filters.length > 0 && filters.every((filter) => /tests\/(unit|cloud|container)/.test(filter));

/**
 * How a TypeScript program of the repository is run.
 * @param {string} root
 * @param {string} file
 * @param {string[]} rest
 */
function sourceProgram(root, file, ...rest) {
  const hooks = pathToFileURL(join(root, 'scripts/node-hooks.mjs')).href;
  return ['--disable-warning=ExperimentalWarning', '--import', hooks, join(root, file), ...rest];
}

/**
 * Node's arguments for the trainer that asks the cloud for work.
 * @param {string} root
 * @param {string[]} args
 */
export const trainerCommand = (root, args) => sourceProgram(root, 'src/cli/main.ts', 'serve', ...args);

/**
 * @param {string} root the repository's folder
 * @param {string[]} args what the person added
 * @param {string} callerDir the folder relative paths of the person are meant from
 * @returns {Record<string, Task>} every task by name
 */
export function tasks(root, args, callerDir) {
  /** @type {(file: string, ...rest: string[]) => string[]} */
  const bin = (file, ...rest) => [join(root, 'node_modules', file), ...rest];
  /** @type {(file: string, ...rest: string[]) => string[]} */
  const source = (file, ...rest) => sourceProgram(root, file, ...rest);
  const named = args.filter((arg) => !isFlag(arg));
  const paths = named.length > 0 ? named : ['.'];
  const unitOnly = onlyUnitTests(named);
  const buildViewer = [join(root, 'scripts/build-viewer.mjs')];
  // Paths are meant for the tools that know them: Prettier and ESLint.
  const python = (/** @type {string} */ check) => (named.length > 0 ? [] : [[join(root, 'scripts/check-python.mjs'), check]]);
  const tsc = environments.map((name) => bin('typescript/bin/tsc', '-p', `tsconfig.${name}.json`));
  return {
    start: { commands: [[join(root, 'scripts/start.mjs'), ...args]] },
    // The app's build empties dist/, in which the viewer lies; the service worker lists all that is there in the end.
    build: { commands: [bin('vite/bin/vite.js', 'build', ...args), buildViewer, [join(root, 'scripts/build-service-worker.mjs')]] },
    deploy: { commands: [[join(root, 'scripts/deploy.mjs'), ...args]] },
    'build:viewer': { commands: [[...buildViewer, ...args]] },
    'check:pwa': { commands: [[join(root, 'scripts/check-pwa.mjs'), ...args]], browser: true },
    test: { commands: [bin('vitest/vitest.mjs', 'run', ...args)], browser: !unitOnly, gpu: !unitOnly },
    splat: { commands: [source('src/cli/main.ts', ...args)], cwd: callerDir },
    bench: { commands: [source('tests/bench/main.ts', ...args)] },
    types: { commands: [...tsc, bin(svelteCheck[0], ...svelteCheck.slice(1)), ...python('types')] },
    lint: {
      commands: [
        bin('eslint/bin/eslint.js', '--max-warnings=0', ...args.filter(isFlag), ...paths),
        bin('prettier/bin/prettier.cjs', '--check', '--log-level=warn', ...paths),
        [join(root, 'scripts/check-cycles.mjs')],
        ...python('lint'),
      ],
    },
    format: { commands: [bin('prettier/bin/prettier.cjs', '--write', '--log-level=warn', ...paths), ...python('format')] },
  };
}
