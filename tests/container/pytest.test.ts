/** The Python trainer's own tests, each as one of ours. pytest runs once, before they are told. */
import { expect, test } from 'vitest';
import { runContainerTests } from './pytestRun.ts';

const tests = await runContainerTests();

test('there are tests of the container', () => {
  expect(tests.length).toBeGreaterThan(0);
});

for (const { id, outcome, text } of tests) {
  const name = outcome === 'skipped' ? `${id} (not run: ${text.split('\n')[0]})` : id;
  test(name, ({ skip }) => {
    skip(outcome === 'skipped', text);
    expect(outcome === 'failed' ? text : '').toBe('');
  });
}
