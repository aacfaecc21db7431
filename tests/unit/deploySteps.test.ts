/** The deployment: its names are those of wrangler.toml, and it never makes a secret anew. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { bucket, deploySteps, missingSecrets, queues } from '../../scripts/lib/deploySteps.mjs';

const toml = readFileSync(new URL('../../wrangler.toml', import.meta.url), 'utf8');
const all = (pattern: RegExp): string[] => [...toml.matchAll(pattern)].map(([, name]) => name);

test('bucket and queues are those that the Worker is bound to', () => {
  expect(all(/^bucket_name = "(.+)"$/gm)).toEqual([bucket]);
  expect(new Set(all(/^(?:queue|dead_letter_queue) = "(.+)"$/gm))).toEqual(new Set(queues));
});

test('a secret that is there is not made again', () => {
  expect(missingSecrets('[]')).toEqual(['MASTER_SECRET', 'ADMIN_TOKEN', 'WORKER_TOKEN']);
  expect(missingSecrets('[{"name":"MASTER_SECRET","type":"secret_text"},{"name":"RUNPOD_KEY","type":"secret_text"}]')).toEqual([
    'ADMIN_TOKEN',
    'WORKER_TOKEN',
  ]);
});

test('the queues are there before the Worker that is bound to them', () => {
  const names = deploySteps('/r', 'wrangler').before.map(({ name }) => name);
  expect(names).toEqual(['Build', 'Queue splat-jobs', 'Queue splat-jobs-dead', 'Upload']);
});
