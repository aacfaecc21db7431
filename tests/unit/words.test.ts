/** Every Failure has its words. */
import { expect, test } from 'vitest';
import { failureCodes } from '../../src/core/job/failure.ts';
import { words } from '../../src/core/job/words.en.ts';

test.each(failureCodes)('%s says what happened and what to do, in whole sentences', (code) => {
  const { happened, todo } = words[code];
  for (const sentence of [happened, todo]) expect(sentence).toMatch(/^[A-Z].{15,}\.$/);
});

test('there are words for nothing else, and none twice', () => {
  expect(Object.keys(words).sort()).toEqual([...failureCodes].sort());
  expect(new Set(Object.values(words).map(({ happened }) => happened)).size).toBe(failureCodes.length);
});
