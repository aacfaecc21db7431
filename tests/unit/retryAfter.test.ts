import { expect, test } from 'vitest';
import { retryAfterMs } from '../../src/core/job/retryAfter.ts';

/** RFC 9110, section 5.6.7: the example of each of the three forms of a date, which are one moment. */
const exampleMs = Date.UTC(1994, 10, 6, 8, 49, 37);

test.each([
  ['120', 120_000],
  [' 0 ', 0],
  ['Sun, 06 Nov 1994 08:49:37 GMT', 10_000],
  ['Sunday, 06-Nov-94 08:49:37 GMT', 10_000],
  ['soon', null],
  ['-5', null],
  ['1.5', null],
  ['99999999999', null],
  ['', null],
  [null, null],
])('%j is %s ms', (header, expected) => {
  expect(retryAfterMs(header, exampleMs - 10_000)).toBe(expected);
});

test('a date that has passed asks for no wait', () => {
  expect(retryAfterMs('Sun, 06 Nov 1994 08:49:37 GMT', exampleMs + 60_000)).toBe(0);
});
