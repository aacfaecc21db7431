/**
 * Finds a Chromium for the browser tests.
 * Invariant: a path set in CHROMIUM_PATH is taken as it is or refused; another browser never takes its place.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { aptEnv, aptSteps, isDebian, isRoot } from './apt.mjs';
import { runSetup } from './run.mjs';

const commandNames = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome', 'chrome', 'microsoft-edge'];

/**
 * @param {NodeJS.ProcessEnv} env
 * @returns {string[]} where the platform's installers put Chrome and Chromium
 */
function usualPlaces(env) {
  if (process.platform === 'darwin') {
    const apps = ['Google Chrome', 'Chromium', 'Google Chrome Canary', 'Microsoft Edge'];
    return ['/Applications', join(homedir(), 'Applications')].flatMap((dir) =>
      apps.map((app) => `${dir}/${app}.app/Contents/MacOS/${app}`),
    );
  }
  if (process.platform === 'win32') {
    const programs = [
      'Google\\Chrome\\Application\\chrome.exe',
      'Chromium\\Application\\chrome.exe',
      'Microsoft\\Edge\\Application\\msedge.exe',
    ];
    const bases = [env['PROGRAMFILES'], env['PROGRAMFILES(X86)'], env['LOCALAPPDATA']].filter((base) => base !== undefined);
    return bases.flatMap((base) => programs.map((program) => join(base, program)));
  }
  return ['/usr/lib/chromium/chromium', '/opt/google/chrome/chrome', '/snap/bin/chromium'];
}

/**
 * @param {NodeJS.ProcessEnv} env
 * @returns {string[]} the same names in every folder of PATH
 */
function onPath(env) {
  const folders = (env['PATH'] ?? '').split(delimiter).filter(Boolean);
  return commandNames.flatMap((name) => folders.map((folder) => join(folder, name)));
}

/**
 * The browsers Playwright has downloaded, newest first.
 * @param {NodeJS.ProcessEnv} env
 * @returns {string[]}
 */
export function playwrightBrowsers(env) {
  const caches = { darwin: 'Library/Caches/ms-playwright', win32: 'AppData/Local/ms-playwright' };
  const usual = process.platform === 'darwin' || process.platform === 'win32' ? caches[process.platform] : '.cache/ms-playwright';
  const folder = env['PLAYWRIGHT_BROWSERS_PATH'] ?? join(homedir(), usual);
  if (!existsSync(folder)) return [];
  const insides = ['chrome-linux/chrome', 'chrome-linux64/chrome', 'chrome-win/chrome.exe', 'chrome-win64/chrome.exe'];
  for (const mac of ['chrome-mac', 'chrome-mac-arm64', 'chrome-mac-x64'])
    insides.push(
      `${mac}/Chromium.app/Contents/MacOS/Chromium`,
      `${mac}/Google Chrome for Testing.app/Contents/MacOS/Google Chrome for Testing`,
    );
  const builds = readdirSync(folder).filter((name) => /^chromium-\d+$/.test(name));
  builds.sort((a, b) => Number(b.slice(9)) - Number(a.slice(9)));
  return builds.flatMap((build) => insides.map((inside) => join(folder, build, inside)));
}

/** On Linux the command may be a stand-in that only says how to install the real one. Elsewhere `--version` may open a window. */
const isBrowser = (/** @type {string} */ file) =>
  existsSync(file) && (process.platform !== 'linux' || spawnSync(file, ['--version'], { timeout: 20_000, stdio: 'ignore' }).status === 0);

/**
 * The path of a Chromium that is already on this machine.
 * @param {NodeJS.ProcessEnv} env
 * @returns {string | null}
 */
export function findChromium(env) {
  const chosen = env['CHROMIUM_PATH'];
  if (chosen) return isBrowser(chosen) ? chosen : null;
  return [...onPath(env), ...usualPlaces(env), ...playwrightBrowsers(env)].find(isBrowser) ?? null;
}

/**
 * A Chromium, installed from the system's packages when that can be done without asking (Debian, as root).
 * @param {NodeJS.ProcessEnv} env
 * @returns {{ path: string } | { remedy: string }} the browser, or one line with the command to run
 */
export function ensureChromium(env) {
  const found = findChromium(env);
  if (found) return { path: found };
  if (env['CHROMIUM_PATH']) return { remedy: `CHROMIUM_PATH is ${env['CHROMIUM_PATH']}, which does not run; run: unset CHROMIUM_PATH` };
  const byHand = 'npx playwright-core install chromium';
  if (!isDebian()) return { remedy: `The browser tests need Chrome or Chromium; run: ${byHand}` };
  if (!isRoot()) return { remedy: 'The browser tests need Chromium; run: sudo apt-get install -y chromium' };
  process.stderr.write('Installing Chromium for the browser tests ...\n');
  for (const step of aptSteps('chromium')) runSetup('apt-get', step, { env: aptEnv(env) });
  const installed = findChromium(env);
  return installed ? { path: installed } : { remedy: `Chromium could not be installed by apt-get; run: ${byHand}` };
}
