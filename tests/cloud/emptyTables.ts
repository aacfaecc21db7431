/**
 * Run before every file of these tests: the files share one Worker, with its database and its bucket, and each begins with nothing in them.
 * Invariant: one Worker for all, because a new one for every file takes longer than the tests themselves.
 */
import { env } from 'cloudflare:workers';
import { beforeAll } from 'vitest';
import { migrated } from '../../cloud/store/migrate.ts';
import { tablesOf } from './tables.ts';

/** What the Worker keeps about itself: which migrations there have been. */
const kept = ['d1_migrations'];

beforeAll(async () => {
  await migrated(env.DB);
  const names = (await tablesOf(env.DB)).map(({ name }) => name).filter((name) => !kept.includes(name));
  await env.DB.batch([env.DB.prepare('PRAGMA defer_foreign_keys = on'), ...names.map((name) => env.DB.prepare(`DELETE FROM ${name}`))]);
  for (;;) {
    const { objects } = await env.BUCKET.list();
    if (objects.length === 0) break;
    await env.BUCKET.delete(objects.map(({ key }) => key));
  }
});
