/**
 * Workers that come and ask: a GPU of one's own (`pull`), or the engine that `npm start` runs beside the Worker (`local`).
 * Invariant: there is nobody to call. A submitted job lies in D1 until a worker takes it; its lease there says how it goes, and a
 * worker hears in the next answer that a job is not wanted any more.
 */
import type { GpuProvider } from './adapter.ts';

export interface PullSettings {
  id: 'pull' | 'local';
  /** Milliseconds since 1970 of the last time that a worker asked for work; null for never. */
  lastSeen(): Promise<number | null>;
  now(): number;
}

/** A worker asks every 20 seconds at least, unless it is at work. */
const quietMs = 5 * 60_000;

export function createPull({ id, lastSeen, now }: PullSettings): GpuProvider {
  const waiting = { state: 'queued', queueMs: null, runMs: null, error: null } as const;
  return {
    id,
    submit: ({ jobId, attempt }) => Promise.resolve({ ok: true, value: { externalId: `pull-${jobId}-${attempt}` } }),
    status: () => Promise.resolve({ ok: true, value: waiting }),
    cancel: () => Promise.resolve({ ok: true, value: null }),
    verifyWebhook: () => Promise.resolve(null),
    async health() {
      const seen = await lastSeen();
      const minutes = seen === null ? null : Math.floor((now() - seen) / 60_000);
      const hint =
        seen === null
          ? 'No worker has ever asked for work.'
          : now() - seen > quietMs
            ? `No worker has asked for work for ${minutes} minutes.`
            : null;
      return { ok: true, value: { ok: true, hint } };
    },
  };
}
