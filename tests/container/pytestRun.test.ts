/** What becomes of a test in Python is what is told of it here. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { containerPython } from '../../scripts/lib/python.mjs';
import { pytest } from './pytestRun.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

const text = `
import pytest
def test_good(): pass
def test_bad(): assert 1 == 2, "the reason"
@pytest.mark.skip(reason="no CUDA device")
def test_left_out(): pass
@pytest.mark.xfail(reason="known")
def test_known(): assert False
@pytest.fixture
def broken(): raise OSError("in the set-up")
def test_without_set_up(broken): pass
@pytest.fixture
def untidy():
    yield
    raise OSError("in the tear-down")
def test_untidy(untidy): pass
`;

test('passed, failed with its reason, skipped with its reason, a file that cannot be loaded', async ({ skip }) => {
  const python = await containerPython(root, process.env);
  if ('remedy' in python) return skip(python.remedy);
  const folder = mkdtempSync(join(tmpdir(), 'splat-pytest-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  mkdirSync(join(folder, 'tests'));
  writeFileSync(join(folder, 'tests/test_a.py'), text);
  writeFileSync(join(folder, 'tests/test_b.py'), 'import no_such_module_here\n');
  writeFileSync(join(folder, 'tests/test_c.py'), 'import pytest\npytest.skip("no such machine", allow_module_level=True)\n');
  const told = await pytest(python.path, folder, ['test_a.py', 'test_b.py', 'test_c.py']);
  const outcomes = Object.fromEntries(told.map(({ id, outcome }) => [id, outcome]));
  expect(outcomes).toEqual({
    'test_a.py::test_good': 'passed',
    'test_a.py::test_bad': 'failed',
    'test_a.py::test_left_out': 'skipped',
    'test_a.py::test_known': 'passed',
    'test_a.py::test_without_set_up': 'failed',
    'test_a.py::test_untidy': 'failed',
    'test_b.py': 'failed',
    'test_c.py': 'skipped',
  });
  const why = (id: string): string | undefined => told.find((one) => one.id === id)?.text;
  expect(why('test_a.py::test_bad')).toContain('the reason');
  expect(why('test_a.py::test_left_out')).toBe('no CUDA device');
  expect(why('test_a.py::test_untidy')).toContain('in the tear-down');
  expect(why('test_b.py')).toContain('no_such_module_here');
  expect(why('test_c.py')).toBe('no such machine');
});

test('a pytest that breaks off is a failure of every file', async () => {
  const told = await pytest(process.execPath, tmpdir(), ['test_x.py']);
  expect(told).toEqual([{ id: 'test_x.py', outcome: 'failed', text: expect.stringContaining('left no report') as string, seconds: 0 }]);
});
