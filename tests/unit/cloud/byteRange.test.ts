/** Byte ranges, against the examples and rules of RFC 9110, section 14.1.2 (a file of 10,000 bytes). */
import { expect, test } from 'vitest';
import { byteRangeOf } from '../../../cloud/policy/byteRange.ts';

test.each([
  ['bytes=0-499', 0, 500],
  ['bytes=500-999', 500, 500],
  ['bytes=-500', 9500, 500],
  ['bytes=9500-', 9500, 500],
  ['bytes=0-0', 0, 1],
  ['bytes=9999-9999', 9999, 1],
  // Longer than what is left: the rest.
  ['bytes=9990-20000', 9990, 10],
  ['bytes=-20000', 0, 10_000],
])('%s', (header, offset, length) => {
  expect(byteRangeOf(header, 10_000)).toEqual({ kind: 'part', offset, length });
});

test.each(['bytes=10000-', 'bytes=20000-30000', 'bytes=-0'])('%s lies outside', (header) => {
  expect(byteRangeOf(header, 10_000)).toEqual({ kind: 'unsatisfiable' });
});

test.each([undefined, null, '', 'bytes=', 'bytes=-', 'bytes=5-4', 'bytes=a-b', 'items=0-5', 'bytes=0-1,5-6', 'bytes=0x1-5'])(
  '%s is no range: the whole',
  (header) => {
    expect(byteRangeOf(header, 10_000)).toEqual({ kind: 'whole' });
  },
);

test('an empty file has no part', () => {
  expect(byteRangeOf('bytes=0-', 0)).toEqual({ kind: 'unsatisfiable' });
});
