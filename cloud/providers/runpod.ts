/**
 * RunPod serverless, one endpoint per GPU class (docs.runpod.io, serverless/endpoints/send-requests and operation-reference).
 * Invariant: a run of ours is named "endpoint/run", for only the two together find it. What RunPod reports is never signed: it may only
 * make somebody ask by status().
 */
import * as z from 'zod';
import type { TrainSpec } from '../../src/core/job/trainerApi.ts';
import type {
  GpuProvider,
  ProviderAnswer,
  ProviderEvent,
  ProviderHealth,
  ProviderState,
  ProviderStatus,
  ProviderTools,
} from './adapter.ts';
import { type CallAnswer, type ProviderCall, callProvider, no, runId, unknownRun } from './call.ts';

export interface RunpodSettings {
  key: string;
  /** GPU class -> endpoint id. */
  endpoints: Record<string, string>;
  baseUrl?: string;
}

/** On top of the trainer's own limit, so that the trainer ends first and says why. */
const marginMs = 2 * 60_000;
const queueMs = 24 * 3_600_000;
/** The most that RunPod takes for both times. */
const weekMs = 7 * 24 * 3_600_000;

const states = {
  IN_QUEUE: 'queued',
  IN_PROGRESS: 'running',
  RUNNING: 'running',
  COMPLETED: 'succeeded',
  FAILED: 'failed',
  CANCELLED: 'cancelled',
  TIMED_OUT: 'timed-out',
} as const satisfies Record<string, ProviderState>;

const status = z.enum(Object.keys(states) as (keyof typeof states)[]);
const started = z.object({ id: runId, status: z.string() });
const run = z.object({
  id: runId,
  status,
  delayTime: z.number().nullish(),
  executionTime: z.number().nullish(),
  error: z.unknown().optional(),
});
const workers = z.number().nonnegative().default(0);
const health = z.object({
  jobs: z.object({ inQueue: z.number().default(0), inProgress: z.number().default(0) }),
  workers: z.object({ idle: workers, initializing: workers, ready: workers, running: workers, throttled: workers, unhealthy: workers }),
});

const lost: ProviderStatus = { state: 'lost', queueMs: null, runMs: null, error: null };
const textOf = (error: unknown): string | null =>
  error === undefined || error === null || error === '' ? null : (typeof error === 'string' ? error : JSON.stringify(error)).slice(0, 500);

/**
 * `lowPriority` stays off whatever the options say: it is not a spot offer, but tells RunPod to start no worker for the job, which on an
 * endpoint that scales to zero would wait for ever.
 */
function runBody(spec: TrainSpec, webhook: string): unknown {
  const executionTimeout = Math.min(spec.limits.maxSeconds * 1000 + marginMs, weekMs);
  return { input: spec, webhook, policy: { executionTimeout, ttl: Math.min(executionTimeout + queueMs, weekMs), lowPriority: false } };
}

/** What is the matter with an endpoint; null when nothing is. */
function complaint(gpuClass: string, { jobs, workers: have }: z.infer<typeof health>): ProviderHealth | null {
  if (have.unhealthy > 0) return { ok: false, hint: `${gpuClass}: ${have.unhealthy} workers crash as they start; their logs say why.` };
  const starting = have.idle + have.initializing + have.ready + have.running;
  if (jobs.inQueue === 0 || starting > 0) return null;
  if (have.throttled > 0) return { ok: true, hint: `${gpuClass}: ${jobs.inQueue} jobs wait, for there is no free GPU of this class.` };
  const idle = 'RunPod lowers the maximum to 0 when an endpoint is idle for a week; raise it by hand.';
  return { ok: false, hint: `${gpuClass}: ${jobs.inQueue} jobs wait and there is no worker. ${idle}` };
}

export function createRunpod(settings: RunpodSettings, tools: ProviderTools): GpuProvider {
  const base = settings.baseUrl ?? 'https://api.runpod.ai/v2';
  const call = <T>(method: 'GET' | 'POST', path: string, schema: z.ZodType<T>, body?: unknown, secrets: string[] = []) => {
    const headers = { authorization: `Bearer ${settings.key}` };
    const request: ProviderCall = { method, url: `${base}/${path}`, headers, body, secrets: [settings.key, ...secrets] };
    return callProvider(tools, 'runpod', request, schema);
  };
  const about = <T>(externalId: string, method: 'GET' | 'POST', verb: string, schema: z.ZodType<T>): Promise<CallAnswer<T>> => {
    const [endpoint, id, ...more] = externalId.split('/');
    if (!runId.safeParse(endpoint).success || !runId.safeParse(id).success || more.length > 0) return Promise.resolve(unknownRun);
    return call(method, `${endpoint}/${verb}/${id}`, schema);
  };

  return {
    id: 'runpod',

    async submit(spec, { webhookUrl, gpuClass }) {
      const endpoint = settings.endpoints[gpuClass];
      if (endpoint === undefined) return no('permanent', `runpod: no endpoint is set for ${gpuClass}`);
      const secrets = [spec.token, spec.secret, webhookUrl];
      const answer = await call('POST', `${encodeURIComponent(endpoint)}/run`, started, runBody(spec, webhookUrl), secrets);
      return answer.ok ? { ok: true, value: { externalId: `${endpoint}/${answer.value.id}` } } : answer.no;
    },

    async status(externalId) {
      const answer = await about(externalId, 'GET', 'status', run);
      // Past its time to live, or half an hour after its end, RunPod does not know a run any more.
      if (!answer.ok) return answer.status === 404 ? { ok: true, value: lost } : answer.no;
      const { delayTime, executionTime, error } = answer.value;
      const value = { state: states[answer.value.status], queueMs: delayTime ?? null, runMs: executionTime ?? null, error: textOf(error) };
      return { ok: true, value };
    },

    async cancel(externalId) {
      const answer = await about(externalId, 'POST', 'cancel', z.object({ id: z.string() }));
      return answer.ok || answer.status === 404 ? { ok: true, value: null } : answer.no;
    },

    /** Unsigned: whoever calls this has checked the token in the address and asks status() before it believes anything. */
    verifyWebhook(_headers, raw): Promise<ProviderEvent | null> {
      const read = z.object({ id: runId, status }).safeParse(jsonOf(raw));
      if (!read.success) return Promise.resolve(null);
      const { id } = read.data;
      return Promise.resolve({ externalId: id, state: states[read.data.status], eventId: `${id}:${read.data.status}` });
    },

    async health(): Promise<ProviderAnswer<ProviderHealth>> {
      const complaints: ProviderHealth[] = [];
      for (const [gpuClass, endpoint] of Object.entries(settings.endpoints)) {
        const answer = await call('GET', `${encodeURIComponent(endpoint)}/health`, health);
        if (!answer.ok) return answer.no;
        const found = complaint(gpuClass, answer.value);
        if (found) complaints.push(found);
      }
      const hint = complaints.map((found) => found.hint).join(' ');
      return { ok: true, value: { ok: complaints.every(({ ok }) => ok), hint: hint || null } };
    },
  };
}

function jsonOf(raw: Uint8Array): unknown {
  try {
    return raw.byteLength > 256_000 ? null : JSON.parse(new TextDecoder().decode(raw));
  } catch {
    return null;
  }
}
