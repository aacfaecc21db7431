/** Which Python the container's checks run in. */
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { containerPython, findPython } from '../../scripts/lib/python.mjs';
import { tasks } from '../../scripts/lib/tasks.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** A program that ends with the code, in a folder of its own. */
function standIn(name: string, exitCode: number): string {
  const folder = mkdtempSync(join(tmpdir(), 'splat-python-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'bin', name);
  mkdirSync(dirname(path));
  writeFileSync(path, `#!/bin/sh\nexit ${exitCode}\n`);
  chmodSync(path, 0o755);
  return path;
}

test('the chosen one is taken, or refused with a remedy; no other takes its place', async () => {
  const [good, other] = [standIn('mine', 0), standIn('python3', 0)];
  expect(await findPython({ PATH: dirname(other), SPLAT_PYTHON: good }, 'SPLAT_PYTHON', [])).toEqual({ path: good });
  const refused = await findPython({ PATH: dirname(other), SPLAT_PYTHON: standIn('old', 1) }, 'SPLAT_PYTHON', []);
  expect(refused).toEqual({ remedy: expect.stringMatching(/SPLAT_PYTHON is .*old, which is no Python 3\.11 or newer/) as string });
});

test('one that is too old is passed over for the next', async () => {
  const [old, good] = [standIn('python3', 1), standIn('python3.12', 0)];
  const path = [dirname(old), dirname(good)].join(process.platform === 'win32' ? ';' : ':');
  expect(await findPython({ PATH: path }, 'SPLAT_PYTHON', [])).toEqual({ path: good });
});

test('where there is none that can it is said, and nothing is made', async () => {
  const modules = ['no_module_of_this_name'];
  const found = await findPython({ PATH: '' }, 'SPLAT_TORCH_PYTHON', modules);
  expect(found).toEqual({ remedy: expect.stringMatching(/no_module_of_this_name.*set SPLAT_TORCH_PYTHON/) as string });
  const none = await containerPython(root, { PATH: '', SPLAT_PYTHON: join(root, 'no such file') });
  expect(none).toEqual({ remedy: expect.stringContaining('SPLAT_PYTHON is') as string });
});

test('lint, types and format look at Python when no files are named', () => {
  const checks = (name: string, ...args: string[]): string[] => {
    const { commands } = tasks(root, args, root)[name];
    return commands.filter(([program]) => program.endsWith('check-python.mjs')).map(([, check]) => check);
  };
  for (const name of ['lint', 'types', 'format']) expect([checks(name), checks(name, 'src/core')]).toEqual([[name], []]);
  expect(tasks(root, ['tests/container'], root)['test'].browser).toBe(false);
});
