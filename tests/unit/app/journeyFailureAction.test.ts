/** The one button of each failure: every code has one, and it leads to where its words can be followed. */
import { expect, test } from 'vitest';
import { type FailureAction, actionFor } from '../../../src/app/journey/failureAction.ts';
import { text as de } from '../../../src/app/i18n/de.ts';
import { text as en } from '../../../src/app/i18n/en.ts';
import { type FailureCode, failureCodes } from '../../../src/core/job/failure.ts';

const expected: Record<FailureCode, FailureAction> = {
  'too-few-photos': 'addPhotos',
  blurry: 'photos',
  'exposure-shift': 'photos',
  'low-texture': 'photos',
  'repeated-structure': 'addPhotos',
  'no-baseline': 'addPhotos',
  split: 'addPhotos',
  partial: 'addPhotos',
  unplaceable: 'photos',
  'gpu-missing': 'home',
  'gpu-lost': 'resume',
  'out-of-memory': 'photos',
  'storage-full': 'freeSpace',
  'bad-file': 'photos',
  offline: 'again',
  'cloud-unreachable': 'again',
  'cloud-refused': 'again',
  'cloud-failed': 'again',
  'cloud-expired': 'again',
  cancelled: 'again',
};

test.each(failureCodes)('%s has its button, with words in both languages', (code) => {
  const action = actionFor(code);
  expect(action).toBe(expected[code]);
  for (const { journey } of [en, de]) expect(journey.actions[action]).toMatch(/\S/);
});
