/** The set-up script's decisions: which Node, whether to install, which browser, and how a task's end is passed on. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { describe, expect, onTestFinished, test } from 'vitest';
import { ensureChromium, findChromium, playwrightBrowsers } from '../../scripts/lib/chromium.mjs';
import { matchesLock } from '../../scripts/lib/install.mjs';
import { isAtLeast, nodePackage, withNodeOnPath } from '../../scripts/lib/node.mjs';
import { tasks } from '../../scripts/lib/tasks.mjs';
import { closingLine, countTests } from '../../scripts/test-summary.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/[\\/]$/, '');

function scratchFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'splat-ground-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}

function program(path: string, text: string): string {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  chmodSync(path, 0o755);
  return path;
}

describe('Node', () => {
  test.for([
    ['20.20.2', '22.18.0', false],
    ['22.9.0', '22.18.0', false],
    ['22.18.0', '22.18.0', true],
    ['22.18.1', '22.18.0', true],
    ['22.18.0-nightly', '22.18.0', true],
    ['24.0.0', '22.18.0', true],
    ['9.99.99', '22.18.0', false],
  ] as const)('%s is at least %s: %s', ([version, least, expected]) => {
    expect(isAtLeast(version, least)).toBe(expected);
  });

  test('every platform with a package gets a version that is new enough, inside .cache', () => {
    const platforms = [
      ['linux', 'x64'],
      ['linux', 'arm64'],
      ['darwin', 'x64'],
      ['darwin', 'arm64'],
      ['win32', 'x64'],
    ];
    for (const [platform, arch] of platforms) {
      const node = nodePackage(root, platform, arch);
      expect(isAtLeast(node?.version ?? '0.0.0', '22.18.0')).toBe(true);
      expect(node?.binary.startsWith(join(root, '.cache', 'node'))).toBe(true);
    }
    expect(nodePackage(root, 'sunos', 'x64')).toBeNull();
  });

  test('comes first on PATH, whatever the variable is called', () => {
    expect(withNodeOnPath(join('x', 'bin', 'node'), { Path: 'y' })).toEqual({
      Path: [join('x', 'bin'), 'y'].join(process.platform === 'win32' ? ';' : ':'),
    });
    expect(withNodeOnPath(join('x', 'bin', 'node'), {})).toEqual({ PATH: join('x', 'bin') });
  });
});

describe('dependencies', () => {
  const locked = { '': {}, 'node_modules/a': { version: '1.0.0' }, 'node_modules/b': { version: '2.0.0', optional: true } };

  test('are as locked when only optional ones are absent', () => {
    expect(matchesLock(locked, { 'node_modules/a': { version: '1.0.0' } })).toBe(true);
    expect(matchesLock(locked, { 'node_modules/a': { version: '1.0.0' }, 'node_modules/b': { version: '2.0.0' } })).toBe(true);
  });

  test('are not as locked with one missing, of another version, or one too many', () => {
    expect(matchesLock(locked, {})).toBe(false);
    expect(matchesLock(locked, { 'node_modules/a': { version: '1.0.1' } })).toBe(false);
    expect(matchesLock(locked, { 'node_modules/a': { version: '1.0.0' }, 'node_modules/b': { version: '1.0.0' } })).toBe(false);
    expect(matchesLock(locked, { 'node_modules/a': { version: '1.0.0' }, 'node_modules/c': { version: '1.0.0' } })).toBe(false);
  });
});

describe('Chromium', () => {
  test('the chosen one is taken, or refused with a remedy; no other takes its place', () => {
    const folder = scratchFolder();
    const other = program(join(folder, 'bin', 'chromium'), '#!/bin/sh\nexit 0\n');
    const chosen = program(join(folder, 'mine'), '#!/bin/sh\nexit 0\n');
    expect(findChromium({ PATH: dirname(other), CHROMIUM_PATH: chosen })).toBe(chosen);
    const missing = ensureChromium({ PATH: dirname(other), CHROMIUM_PATH: join(folder, 'none') });
    expect(missing).toEqual({ remedy: expect.stringContaining('unset CHROMIUM_PATH') });
  });

  test('a stand-in that does not run is passed over', () => {
    const folder = scratchFolder();
    program(join(folder, 'chromium'), '#!/bin/sh\necho "install the snap"\nexit 10\n');
    const real = program(join(folder, 'google-chrome'), '#!/bin/sh\nexit 0\n');
    expect(findChromium({ PATH: folder })).toBe(real);
  });

  test("Playwright's newest build comes first; its headless shell is none", () => {
    const folder = scratchFolder();
    for (const build of ['chromium-999', 'chromium-1200', 'chromium_headless_shell-1300', 'ffmpeg-1011']) mkdirSync(join(folder, build));
    const found = playwrightBrowsers({ PLAYWRIGHT_BROWSERS_PATH: folder });
    const builds = [...new Set(found.map((file) => file.slice(folder.length + 1).split(/[\\/]/)[0]))];
    expect(builds).toEqual(['chromium-1200', 'chromium-999']);
  });
});

describe('tasks', () => {
  test('the terminal command gets every word the person added, in their folder', () => {
    const { splat } = tasks(root, ['train', 'a b', '-o', 'OUT'], '/somewhere');
    expect(splat.commands[0].slice(-5)).toEqual([join(root, 'src/cli/main.ts'), 'train', 'a b', '-o', 'OUT']);
    expect(splat.cwd).toBe('/somewhere');
  });

  test('unit tests alone need no browser', () => {
    expect(tasks(root, ['tests/unit/x'], root)['test'].browser).toBe(false);
    expect(tasks(root, ['tests/unit/x', 'tests/e2e'], root)['test'].browser).toBe(true);
    expect(tasks(root, [], root)['test'].browser).toBe(true);
  });

  test('an unknown task is refused with the list, and nothing is run', () => {
    const done = spawnSync(process.execPath, [join(root, 'scripts/bootstrap.mjs'), 'nonsense'], { encoding: 'utf8' });
    expect(done.status).toBe(1);
    expect(done.stderr).toContain('splat');
    expect(done.stdout).toBe('');
  });
});

/** A parent that runs `code` as its child through runInherited and ends with the child's exit code. */
function parentOf(code: string): ChildProcess {
  return spawn(process.execPath, ['--input-type=module', '-e', parentScript(code)], { stdio: ['ignore', 'pipe', 'pipe'] });
}

function parentScript(code: string, endWithParent = false): string {
  const run = pathToFileURL(join(root, 'scripts/lib/run.mjs')).href;
  return `import { runInherited } from ${JSON.stringify(run)};
    const args = ['--input-type=module', '-e', ${JSON.stringify(code)}];
    process.exitCode = await runInherited(process.execPath, args, { endWithParent: ${endWithParent} });`;
}

async function outcome(parent: ChildProcess, onOutput: (text: string) => void = () => {}): Promise<{ code: number | null; text: string }> {
  let text = '';
  parent.stdout?.on('data', (bytes: Buffer) => {
    text += bytes.toString();
    onOutput(text);
  });
  const code = await new Promise<number | null>((resolve) => parent.on('close', resolve));
  return { code, text };
}

describe('the end of a task', () => {
  test('its exit code is passed on', async () => {
    expect(await outcome(parentOf('console.log("hello"); process.exit(7);'))).toEqual({ code: 7, text: 'hello\n' });
  });

  test('a death by signal is 128 and the number of the signal', async () => {
    expect((await outcome(parentOf("process.kill(process.pid, 'SIGKILL'); setInterval(() => {}, 1000);"))).code).toBe(128 + 9);
  });

  const savesOn = (signal: string) => `let times = 0;
    process.on('${signal}', () => { times++; setTimeout(() => { console.log('saved after ' + times); process.exit(3); }, 1200); });
    setInterval(() => {}, 1000); console.log('ready');`;

  async function killWhenReady(started: ChildProcess, signal: NodeJS.Signals) {
    let sent = false;
    return outcome(started, (soFar) => {
      if (!sent && soFar.includes('ready')) sent = started.kill(signal);
    });
  }

  test.for(['SIGINT', 'SIGTERM'] as const)('%s reaches it once and is waited for', async (signal) => {
    expect(await killWhenReady(parentOf(savesOn(signal)), signal)).toEqual({ code: 3, text: 'ready\nsaved after 1\n' });
  });

  test('comes with one SIGTERM when whoever started the task is gone', async () => {
    const starter = `import { spawn } from 'node:child_process';
      spawn(process.execPath, ['--input-type=module', '-e', ${JSON.stringify(parentScript(savesOn('SIGTERM'), true))}], { stdio: 'inherit' });`;
    const grandparent = spawn(process.execPath, ['--input-type=module', '-e', starter], { stdio: ['ignore', 'pipe', 'inherit'] });
    expect((await killWhenReady(grandparent, 'SIGKILL')).text).toBe('ready\nsaved after 1\n');
  });
});

describe('the closing line', () => {
  const file = (status: string, ...tests: string[]) => ({ status, assertionResults: tests.map((one) => ({ status: one })) });

  test('counts tests by outcome', () => {
    const report = { testResults: [file('passed', 'passed', 'passed', 'skipped'), file('failed', 'passed', 'failed', 'todo')] };
    expect(closingLine(countTests(report, 1))).toBe('3 passed, 1 failed, 2 skipped');
  });

  test('a file that did not load is a failure', () => {
    expect(closingLine(countTests({ testResults: [file('passed', 'passed'), file('failed')] }, 1))).toBe('1 passed, 1 failed');
  });

  test('an error outside any test and a missing report are failures', () => {
    expect(closingLine(countTests({ testResults: [file('passed', 'passed')] }, 1))).toBe('1 passed, 1 failed');
    expect(closingLine(countTests(null, 0))).toBe('0 passed, 1 failed');
  });

  test('all well', () => {
    expect(closingLine(countTests({ testResults: [file('passed', 'passed', 'passed')] }, 0))).toBe('2 passed, 0 failed');
  });
});
