/** A GPU provider that answers as a test says and writes down what it was asked. */
import type { TrainSpec } from '../../src/core/job/trainerApi.ts';
import type {
  GpuProvider,
  ProviderEvent,
  ProviderHealth,
  ProviderId,
  ProviderNo,
  ProviderState,
  SubmitOptions,
} from '../../cloud/providers/adapter.ts';

export interface FakeProvider extends GpuProvider {
  submitted: { spec: TrainSpec; options: SubmitOptions; externalId: string }[];
  cancelled: string[];
  asked: string[];
  /** How it takes submits, one after another; when there is none left it takes the job. May do things meanwhile. */
  answers: (ProviderNo | (() => Promise<void>))[];
  /** What it says of its runs. */
  state: ProviderState | ProviderNo;
  cancelAnswer: ProviderNo | null;
  event: ProviderEvent | null;
  health_: ProviderHealth;
}

export const busy = (retryAfterMs: number | null = null): ProviderNo => ({
  ok: false,
  kind: 'retryable',
  message: 'HTTP 429',
  retryAfterMs,
});
export const forbidden: ProviderNo = { ok: false, kind: 'permanent', message: 'HTTP 401', retryAfterMs: null };

export function fakeProvider(id: ProviderId): FakeProvider {
  const fake: FakeProvider = {
    id,
    submitted: [],
    cancelled: [],
    asked: [],
    answers: [],
    state: 'queued',
    cancelAnswer: null,
    event: null,
    health_: { ok: true, hint: null },
    async submit(spec, options) {
      const answer = fake.answers.shift();
      if (answer && typeof answer !== 'function') return answer;
      const externalId = `${id}-${spec.jobId}-${spec.attempt}-${fake.submitted.length}`;
      fake.submitted.push({ spec, options, externalId });
      await answer?.();
      return { ok: true, value: { externalId } };
    },
    async status(externalId) {
      fake.asked.push(externalId);
      if (typeof fake.state !== 'string') return fake.state;
      return { ok: true, value: { state: fake.state, queueMs: null, runMs: null, error: null } };
    },
    async cancel(externalId) {
      if (fake.cancelAnswer) return fake.cancelAnswer;
      fake.cancelled.push(externalId);
      return { ok: true, value: null };
    },
    verifyWebhook: async () => fake.event,
    health: async () => ({ ok: true, value: fake.health_ }),
  };
  return fake;
}
