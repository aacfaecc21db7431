/**
 * Replicate, through a deployment of our Cog image (replicate.com/docs/reference/http; topics/predictions/lifecycle).
 * Invariant: its webhooks are believed only by their signature and their age. A prediction may run for 30 minutes at most, which
 * policy/gpuClasses.ts knows.
 */
import * as z from 'zod';
import type { GpuProvider, ProviderState, ProviderTools } from './adapter.ts';
import { type CallAnswer, type ProviderCall, callProvider, runId, unknownRun } from './call.ts';
import { verifyStandardWebhook } from './standardWebhooks.ts';

export interface ReplicateSettings {
  token: string;
  /** owner/name */
  deployment: string;
  /** "whsec_…", from GET /webhooks/default/secret; two of them while one is being replaced. */
  webhookSecrets: string[];
  baseUrl?: string;
}

const states = {
  starting: 'starting',
  processing: 'running',
  succeeded: 'succeeded',
  failed: 'failed',
  canceled: 'cancelled',
  // Its deadline passed before it could start.
  aborted: 'timed-out',
} as const satisfies Record<string, ProviderState>;

const status = z.enum(Object.keys(states) as (keyof typeof states)[]);
const seconds = z.number().nonnegative().nullish();
const prediction = z.object({
  id: runId,
  status,
  error: z.unknown().optional(),
  metrics: z.object({ predict_time: seconds, total_time: seconds }).nullish(),
});
const deployment = z.object({
  current_release: z.object({ configuration: z.object({ max_instances: z.number().nonnegative() }) }).nullish(),
});

const ms = (value: number | null | undefined): number | null => (value === null || value === undefined ? null : Math.round(value * 1000));

function jsonOf(raw: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(raw));
  } catch {
    return null;
  }
}

export function createReplicate(settings: ReplicateSettings, tools: ProviderTools): GpuProvider {
  const base = settings.baseUrl ?? 'https://api.replicate.com/v1';
  const home = `deployments/${settings.deployment.split('/').map(encodeURIComponent).join('/')}`;
  const call = <T>(method: 'GET' | 'POST', path: string, schema: z.ZodType<T>, body?: unknown, secrets: string[] = []) => {
    // respond-async: the standard; "wait" would hold the call open until the prediction has started.
    const headers = { authorization: `Bearer ${settings.token}`, ...(body !== undefined && { prefer: 'respond-async' }) };
    const request: ProviderCall = { method, url: `${base}/${path}`, headers, body, secrets: [settings.token, ...secrets] };
    return callProvider(tools, 'replicate', request, schema);
  };
  const about = <T>(method: 'GET' | 'POST', id: string, verb: string, schema: z.ZodType<T>): Promise<CallAnswer<T>> =>
    runId.safeParse(id).success ? call(method, `predictions/${id}${verb}`, schema) : Promise.resolve(unknownRun);

  return {
    id: 'replicate',

    async submit(spec, { webhookUrl }) {
      // Inputs of a Cog predictor are plain values, so the spec travels as one text.
      const body = { input: { spec: JSON.stringify(spec) }, webhook: webhookUrl, webhook_events_filter: ['completed'] };
      const answer = await call('POST', `${home}/predictions`, prediction, body, [spec.token, spec.secret, webhookUrl]);
      return answer.ok ? { ok: true, value: { externalId: answer.value.id } } : answer.no;
    },

    async status(externalId) {
      const answer = await about('GET', externalId, '', prediction);
      if (!answer.ok) {
        return answer.status === 404 ? { ok: true, value: { state: 'lost', queueMs: null, runMs: null, error: null } } : answer.no;
      }
      const { error, metrics } = answer.value;
      const [runMs, totalMs] = [ms(metrics?.predict_time), ms(metrics?.total_time)];
      const queueMs = runMs !== null && totalMs !== null ? Math.max(0, totalMs - runMs) : null;
      const words = error === null || error === undefined ? null : typeof error === 'string' ? error : JSON.stringify(error);
      return { ok: true, value: { state: states[answer.value.status], queueMs, runMs, error: words?.slice(0, 500) ?? null } };
    },

    async cancel(externalId) {
      const answer = await about('POST', externalId, '/cancel', z.unknown());
      return answer.ok || answer.status === 404 ? { ok: true, value: null } : answer.no;
    },

    async verifyWebhook(headers, raw, nowMs) {
      const eventId = await verifyStandardWebhook(settings.webhookSecrets, headers, raw, nowMs);
      const read = eventId === null ? null : z.object({ id: runId, status }).safeParse(jsonOf(raw));
      if (eventId === null || !read?.success) return null;
      return { externalId: read.data.id, state: states[read.data.status], eventId };
    },

    async health() {
      const answer = await call('GET', home, deployment);
      if (!answer.ok) {
        const hint = `There is no deployment ${settings.deployment}.`;
        return answer.status === 404 ? { ok: true, value: { ok: false, hint } } : answer.no;
      }
      const most = answer.value.current_release?.configuration.max_instances;
      const hint = most === 0 ? 'The deployment may start no instance (max_instances is 0).' : null;
      return { ok: true, value: { ok: hint === null, hint } };
    },
  };
}
