/**
 * Lint, types and format of gpu-container: `node scripts/check-python.mjs lint|types|format`.
 * Invariant: where there is no Python that can do it, that is said and nothing else fails for it.
 */
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { containerPython } from './lib/python.mjs';
import { runInherited } from './lib/run.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** @type {Record<string, string[][]>} what runs, as modules of Python */
const checks = {
  lint: [
    ['ruff', 'check', '--quiet', '.'],
    ['ruff', 'format', '--check', '--quiet', '.'],
  ],
  types: [['mypy', '--no-error-summary']],
  format: [['ruff', 'format', '--quiet', '.']],
};

const name = process.argv[2] ?? '';
const python = await containerPython(root, process.env);
if ('remedy' in python) process.stderr.write(`gpu-container: ${name} not run: ${python.remedy}\n`);
else {
  const cwd = join(root, 'gpu-container');
  for (const check of checks[name] ?? [])
    process.exitCode = (await runInherited(python.path, ['-m', ...check], { cwd })) || process.exitCode;
}
