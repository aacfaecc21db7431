import { describe, expect, it } from 'vitest';
import { createPull } from '../../../cloud/providers/pull.ts';
import { nowMs, options, spec } from '../../fixtures/fakeProviders/spec.ts';

const pull = (seenMs: number | null, id: 'pull' | 'local' = 'pull') =>
  createPull({ id, lastSeen: () => Promise.resolve(seenMs), now: () => nowMs });

describe('workers that come and ask', () => {
  it('need no call: the job waits where they find it', async () => {
    const provider = pull(nowMs, 'local');
    expect(provider.id).toBe('local');
    expect(await provider.submit(spec, options)).toEqual({ ok: true, value: { externalId: `pull-${spec.jobId}-1` } });
    expect(await provider.status('pull-x-1')).toEqual({ ok: true, value: { state: 'queued', queueMs: null, runMs: null, error: null } });
    expect(await provider.cancel('pull-x-1')).toEqual({ ok: true, value: null });
    expect(await provider.verifyWebhook(new Headers(), new TextEncoder().encode('{}'), nowMs)).toBeNull();
  });

  it.each([
    [nowMs - 60_000, null],
    [nowMs - 11 * 60_000, 'No worker has asked for work for 11 minutes.'],
    [null, 'No worker has ever asked for work.'],
  ])('that were seen at %s: %s', async (seenMs, hint) => {
    expect(await pull(seenMs).health()).toEqual({ ok: true, value: { ok: true, hint } });
  });
});
