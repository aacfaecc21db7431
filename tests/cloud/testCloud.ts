/**
 * A Cloud for tests of what lies below the routes: on the real local D1, R2 and queues, with time, chance and network held by the test.
 * Invariant: nothing of ours is replaced.
 */
import { env } from 'cloudflare:workers';
import { type Cloud, createCloud } from '../../cloud/cloud.ts';
import { migrated } from '../../cloud/store/migrate.ts';

export interface TestCloud extends Cloud {
  /** Milliseconds since 1970; now() gives it until it is set anew. */
  nowMs: number;
  /** Waits for all that went on after the answers. */
  settled(): Promise<void>;
}

export async function testCloud(
  overrides: Partial<Pick<Cloud, 'random' | 'fetch'>> & { env?: Partial<Cloud['env']> } = {},
): Promise<TestCloud> {
  await migrated(env.DB);
  let pending: Promise<unknown>[] = [];
  const base = createCloud({ ...env, ...overrides.env }, { waitUntil: (work) => void pending.push(work) }, 'test-request');
  const cloud: TestCloud = {
    ...base,
    random: overrides.random ?? (() => 0.5),
    fetch: overrides.fetch ?? (() => Promise.reject(new Error('This test has no network.'))),
    nowMs: Date.UTC(2026, 10, 26),
    now: () => cloud.nowMs,
    async settled() {
      while (pending.length > 0) {
        const now = pending;
        pending = [];
        await Promise.allSettled(now);
      }
    },
  };
  return cloud;
}
