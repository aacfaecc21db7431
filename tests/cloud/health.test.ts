/** The Worker answers, in workerd, with its migrations applied by itself. */
import { env, exports } from 'cloudflare:workers';
import { expect, test } from 'vitest';

test('health says that this is the cloud and how long it keeps photos', async () => {
  const answer = await exports.default.fetch('https://splat.test/api/health');
  expect(answer.status).toBe(200);
  expect(await answer.json()).toEqual({ service: 'splat-cloud', photosKeptDays: 30 });
  const { results } = await env.DB.prepare('SELECT name FROM d1_migrations').all();
  expect(results).toEqual([{ name: '0001_first.sql' }]);
});
