/** What an answer means and how long to wait. */
import { expect, test } from 'vitest';
import { pushOutcome, retryDelayMs, webhookOutcome } from '../../../cloud/policy/deliveryRetry.ts';

test.each([
  [200, 'delivered', 'delivered'],
  [201, 'delivered', 'delivered'],
  [204, 'delivered', 'delivered'],
  [301, 'given-up', 'retry'],
  [307, 'given-up', 'retry'],
  [400, 'given-up', 'retry'],
  [401, 'given-up', 'retry'],
  [403, 'given-up', 'retry'],
  [404, 'gone', 'retry'],
  [408, 'retry', 'retry'],
  [410, 'gone', 'gone'],
  [413, 'given-up', 'retry'],
  [429, 'retry', 'retry'],
  [500, 'retry', 'retry'],
  [503, 'retry', 'retry'],
  [null, 'retry', 'retry'],
] as const)('%s: push %s, webhook %s', (status, push, webhook) => {
  expect(pushOutcome(status)).toBe(push);
  expect(webhookOutcome(status)).toBe(webhook);
});

test('the wait grows fourfold up to six hours, and chance takes at most half of it', () => {
  const longest = [15, 60, 240, 960, 3840, 15360, 21600, 21600];
  longest.forEach((seconds, index) => {
    expect(retryDelayMs(index + 1, 0.999999999, null)).toBe(seconds * 1000);
    expect(retryDelayMs(index + 1, 0, null)).toBe(seconds * 500);
  });
});

test('what the server asks for is kept to when it is longer, up to a day', () => {
  expect(retryDelayMs(1, 0.5, 300_000)).toBe(300_000);
  expect(retryDelayMs(8, 0.999999999, 1000)).toBe(21_600_000);
  expect(retryDelayMs(1, 0.5, 30 * 86_400_000)).toBe(86_400_000);
});
