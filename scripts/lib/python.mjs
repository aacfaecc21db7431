/**
 * Pythons for the GPU container's checks: one with its dependencies and the tools, one that has PyTorch.
 * Invariant: nothing outside .cache/python is written, but by apt where that needs no asking; a path set in SPLAT_PYTHON or
 * SPLAT_TORCH_PYTHON is taken as it is or refused, and another Python never takes its place.
 */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { aptEnv, aptSteps, isDebian, isRoot } from './apt.mjs';

/** @typedef {{ path: string } | { remedy: string }} Found a Python, or one line that says why there is none and what to do */

const oldest = [3, 11];
const names = process.platform === 'win32' ? ['python.exe'] : ['python3', 'python3.13', 'python3.12', 'python3.11'];
const tenMinutesMs = 600_000;

/**
 * @param {string} file
 * @param {string[]} args
 * @param {{ timeout?: number, env?: NodeJS.ProcessEnv }} [options] timeout in milliseconds
 * @returns {Promise<{ ok: boolean, text: string }>} what it wrote, standard error last
 */
function run(file, args, { timeout = 60_000, env = process.env } = {}) {
  return new Promise((resolve) => {
    execFile(file, args, { timeout, env, maxBuffer: 1 << 24 }, (error, stdout, stderr) =>
      resolve({ ok: !error, text: `${stdout}${stderr}` }),
    );
  });
}

/**
 * @param {NodeJS.ProcessEnv} env
 * @returns {string[]} those that the machine may have, the person's own first
 */
function candidates(env) {
  const folders = (env['PATH'] ?? '').split(delimiter).filter(Boolean);
  const onPath = names.flatMap((name) => folders.map((folder) => join(folder, name)));
  return [...new Set([...onPath, '/usr/bin/python3'])].filter((file) => existsSync(file));
}

/**
 * Whether a Python is new enough and makes environments, and what it can import.
 * @param {string} file
 * @param {string[]} [modules]
 */
async function suits(file, modules = []) {
  const wanted = ['venv', 'ensurepip', ...modules].map((name) => `find_spec(${JSON.stringify(name)})`);
  const code = `import sys; from importlib.util import find_spec; sys.exit(not (sys.version_info >= (${oldest.join()},) and ${wanted.join(' and ')}))`;
  return (await run(file, ['-c', code])).ok;
}

/**
 * @param {string[]} files
 * @param {string[]} modules
 */
async function firstThatSuits(files, modules) {
  for (const file of files) if (await suits(file, modules)) return file;
  return null;
}

/**
 * A Python of this machine, as it is.
 * @param {NodeJS.ProcessEnv} env
 * @param {'SPLAT_PYTHON' | 'SPLAT_TORCH_PYTHON'} setting
 * @param {string[]} modules what it must be able to import
 * @returns {Promise<Found>}
 */
export async function findPython(env, setting, modules) {
  const [chosen, what] = [env[setting], [`Python ${oldest.join('.')} or newer with venv`, ...modules].join(', ')];
  if (chosen) return (await suits(chosen, modules)) ? { path: chosen } : { remedy: `${setting} is ${chosen}, which is no ${what}` };
  const found = await firstThatSuits(candidates(env), modules);
  return found ? { path: found } : { remedy: `there is no ${what}; install it, or set ${setting} to one` };
}

/**
 * An environment of its own, made on first use.
 * @param {string} root the repository's folder
 * @param {string} base the Python that it is made of
 * @param {string[]} lists files of gpu-container/requirements that are installed
 * @param {boolean} keepsSystem whether what `base` can import is there too
 * @returns {Promise<Found>}
 */
async function environment(root, base, lists, keepsSystem) {
  const files = lists.map((name) => join(root, 'gpu-container', 'requirements', `${name}.txt`));
  const version = (await run(base, ['-VV'])).text;
  const texts = files.map((file) => readFileSync(file, 'utf8'));
  const key = createHash('sha256')
    .update(JSON.stringify([base, version, keepsSystem, ...texts]))
    .digest('hex');
  const folder = join(root, '.cache', 'python', key.slice(0, 12));
  const path = join(folder, ...(process.platform === 'win32' ? ['Scripts', 'python.exe'] : ['bin', 'python']));
  const stamp = join(folder, 'complete');
  if (existsSync(stamp) && existsSync(path)) return { path };
  process.stderr.write(`Making a Python for the container's checks (${lists.join(', ')}) ...\n`);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const system = keepsSystem ? ['--system-site-packages'] : [];
  const made = await run(base, ['-m', 'venv', ...system, folder], { timeout: tenMinutesMs });
  const options = ['-q', '--no-input', '--disable-pip-version-check', '--only-binary', ':all:'];
  const wanted = files.flatMap((file) => ['-r', file]);
  const filled = made.ok ? await run(path, ['-m', 'pip', 'install', ...options, ...wanted], { timeout: tenMinutesMs }) : made;
  if (!filled.ok) return { remedy: `its packages could not be installed: ${filled.text.trim().split('\n').at(-1) ?? ''}` };
  writeFileSync(stamp, '');
  return { path };
}

/**
 * The Python with the trainer's dependencies, pytest, mypy and ruff.
 * @param {string} root the repository's folder
 * @param {NodeJS.ProcessEnv} env
 * @returns {Promise<Found>}
 */
export async function containerPython(root, env) {
  const base = await findPython(env, 'SPLAT_PYTHON', []);
  return 'path' in base ? environment(root, base.path, ['base', 'heic', 'test'], false) : base;
}

/**
 * The Python with PyTorch, of the system's packages, in which the tests of training run; PyPI's would be 3 GB.
 * @param {string} root the repository's folder
 * @param {NodeJS.ProcessEnv} env
 * @returns {Promise<Found>}
 */
export async function torchPython(root, env) {
  let base = await findPython(env, 'SPLAT_TORCH_PYTHON', ['torch', 'numpy']);
  if (!('path' in base) && !env['SPLAT_TORCH_PYTHON'] && isDebian() && isRoot()) {
    process.stderr.write('Installing PyTorch for the tests of training ...\n');
    const steps = aptSteps('--no-install-recommends', 'python3-torch', 'python3-venv');
    for (const step of steps) await run('apt-get', step, { timeout: tenMinutesMs, env: aptEnv(env) });
    base = await findPython(env, 'SPLAT_TORCH_PYTHON', ['torch', 'numpy']);
  }
  if (!('path' in base)) return base;
  // One that has pytest is ready: an environment made of an environment would not see what that one has.
  if (await suits(base.path, ['pytest', 'hypothesis', 'jsonschema', 'PIL'])) return base;
  return environment(root, base.path, ['torch-test'], true);
}
