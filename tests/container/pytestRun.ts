/**
 * Runs pytest over gpu-container/tests and reads what became of each test.
 * Invariant: what could not run is told with its reason; nothing is left out in silence.
 */
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { withNodeOnPath } from '../../scripts/lib/node.mjs';
import { type Found, containerPython, torchPython } from '../../scripts/lib/python.mjs';

export interface PythonTest {
  /** E.g. "test_sender.py::test_it_waits". */
  id: string;
  outcome: 'passed' | 'failed' | 'skipped';
  /** Why it failed or was skipped. */
  text: string;
  seconds: number;
}

const root = fileURLToPath(new URL('../..', import.meta.url));
const container = join(root, 'gpu-container');
const hereFolder = fileURLToPath(new URL('.', import.meta.url));
const longestMs = 20 * 60_000;
/** How a file says that it needs PyTorch. */
const torchMark = /\bmark\.torch\b|importorskip\(["']torch["']/;

const failed = (id: string, text: string): PythonTest => ({ id, outcome: 'failed', text, seconds: 0 });
const notRun = (file: string, reason: string): PythonTest => ({ id: file, outcome: 'skipped', text: reason, seconds: 0 });

function read(report: string): PythonTest[] {
  const tests = readFileSync(report, 'utf8').split('\n').filter(Boolean);
  return tests.map((line) => {
    const test = JSON.parse(line) as PythonTest;
    return { ...test, id: test.id.replace(/^tests\//, '') };
  });
}

/**
 * @param folder holds tests/
 * @param files names of files in it
 */
export async function pytest(python: string, folder: string, files: string[]): Promise<PythonTest[]> {
  const scratch = mkdtempSync(join(tmpdir(), 'splat-pytest-'));
  const report = join(scratch, 'report.jsonl');
  const env = {
    ...withNodeOnPath(process.execPath, process.env),
    TEST_REPORT: report,
    PYTHONPATH: hereFolder,
    PYTHONDONTWRITEBYTECODE: '1',
  };
  const options = ['-q', '--tb=short', '--continue-on-collection-errors', '-p', 'no:cacheprovider', '-p', 'json_report'];
  const { code, said } = await new Promise<{ code: unknown; said: string }>((resolve) => {
    const args = ['-m', 'pytest', ...options, ...files.map((file) => join('tests', file))];
    const limits = { timeout: longestMs, maxBuffer: 1 << 26 };
    execFile(python, args, { cwd: folder, env, ...limits }, (error, stdout, stderr) => {
      resolve({ code: error?.code ?? 0, said: `${error?.message.split('\n')[0] ?? ''}\n${stdout.slice(-4000)}${stderr.slice(-4000)}` });
    });
  });
  try {
    const tests = read(report);
    // Anything but "all passed" and "some failed" means that it broke off.
    return code === 0 || code === 1 ? tests : [...tests, failed('pytest', `it broke off: ${said}`)];
  } catch {
    return files.map((file) => failed(file, `pytest left no report: ${said}`));
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

const pytestWith = async (found: Found, files: string[]): Promise<PythonTest[]> => {
  if (files.length === 0) return [];
  return 'path' in found ? pytest(found.path, container, files) : files.map((file) => notRun(file, found.remedy));
};

/** All tests of the container; those of a file that could not run are one, named after the file. */
export async function runContainerTests(): Promise<PythonTest[]> {
  const files = readdirSync(join(container, 'tests')).filter((name) => /^test_\w+\.py$/.test(name));
  const needTorch = (name: string): boolean => torchMark.test(readFileSync(join(container, 'tests', name), 'utf8'));
  const [withTorch, others] = [files.filter(needTorch), files.filter((name) => !needTorch(name))];
  return [
    ...(await pytestWith(await containerPython(root, process.env), others)),
    ...(withTorch.length > 0 ? await pytestWith(await torchPython(root, process.env), withTorch) : []),
  ];
}
