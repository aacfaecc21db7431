/** The contract's schemas: strict about requests, patient with answers of newer servers. */
import { expect, test } from 'vitest';
import { health, jobStatus, uploadRequest } from '../../src/core/job/cloudSchema.ts';
import { failureCodes } from '../../src/core/job/failure.ts';
import { words as german } from '../../src/core/job/words.de.ts';
import { words as english } from '../../src/core/job/words.en.ts';

const photo = { id: 'a'.repeat(64), bytes: 3, type: 'image/jpeg' };
const request = { projectName: 'x', preset: 'full', photos: [photo] };
const status = { state: 'running', stage: 'train', progress: null, model: null, failure: null, events: [] as unknown[] };

test.each([
  ['no photos', { ...request, photos: [] }],
  ['an id that is no SHA-256', { ...request, photos: [{ ...photo, id: '../secret' }] }],
  ['an empty photo', { ...request, photos: [{ ...photo, bytes: 0 }] }],
  ['something that is no picture', { ...request, photos: [{ ...photo, type: 'text/html' }] }],
  ['a preset nobody has', { ...request, preset: 'best' }],
  ['a field nobody knows', { ...request, path: '/home' }],
])('a request with %s is refused', (_, body) => {
  expect(uploadRequest.safeParse(request).success).toBe(true);
  expect(uploadRequest.safeParse(body).success).toBe(false);
});

test('an event of a kind this page does not know becomes null, and its number still counts', () => {
  const events = [
    { seq: 1, event: { type: 'stage-started', stage: 'train' } },
    { seq: 2, event: { type: 'coffee-ready' } },
  ];
  expect(jobStatus.parse({ ...status, events, mood: 'good' }).events).toEqual([events[0], { seq: 2, event: null }]);
});

test('a page for every address is not taken for the cloud', () => {
  expect(health.safeParse({ ok: true }).success).toBe(false);
  expect(health.safeParse({ service: 'splat-cloud', photosKeptDays: null }).success).toBe(true);
});

test.each(failureCodes)('%s has its two sentences in German, and they are not the English ones', (code) => {
  for (const sentence of [german[code].happened, german[code].todo]) expect(sentence).toMatch(/^[A-ZÄÖÜ].{15,}\.$/);
  expect(german[code].happened).not.toBe(english[code].happened);
});
