/**
 * Modal, through the thin web app of our own that gpu-container deploys there (modal.com/docs: web endpoints, proxy auth, FunctionCall).
 * Invariant: the web app only starts, looks and stops; Modal has no webhooks, so the trainer's own calls tell how it goes.
 *
 * What the web app has to answer:
 * - POST /run {input: TrainSpec, gpu: "L4", timeoutSeconds} -> {id}, the id of the FunctionCall
 * - GET /status/{id} -> 202 {state?: "queued" | "running"}; 200 {ok: true}, or {error, kind?} when it failed; 404 when Modal does not know it
 * - POST /cancel/{id} -> {}
 * - GET /health -> {ok, hint?}
 */
import * as z from 'zod';
import { gpuClassOf } from '../policy/gpuClasses.ts';
import type { GpuProvider, ProviderStatus, ProviderTools } from './adapter.ts';
import { type CallAnswer, type ProviderCall, callProvider, no, runId, unknownRun } from './call.ts';

export interface ModalSettings {
  /** Of the web app, without a slash at the end. */
  url: string;
  key: string;
  secret: string;
}

/** Modal's own limit, in seconds; its standard of 300 is too little for any job. */
const maxTimeoutSeconds = 24 * 3600;
const marginSeconds = 120;

const started = z.object({ id: runId });
const pending = z.object({ state: z.enum(['queued', 'running']).default('running') });
const over = z.union([
  z.object({ ok: z.literal(true) }),
  z.object({ error: z.string(), kind: z.enum(['failed', 'timed-out', 'cancelled']).default('failed') }),
]);
const health = z.object({ ok: z.boolean(), hint: z.string().nullish() });

const plain = (state: ProviderStatus['state'], error: string | null = null): ProviderStatus => ({
  state,
  queueMs: null,
  runMs: null,
  error,
});

export function createModal({ url, key, secret }: ModalSettings, tools: ProviderTools): GpuProvider {
  const call = <T>(method: 'GET' | 'POST', path: string, schema: z.ZodType<T>, body?: unknown, secrets: string[] = []) => {
    const headers = { 'Modal-Key': key, 'Modal-Secret': secret };
    const request: ProviderCall = { method, url: `${url}${path}`, headers, body, secrets: [key, secret, ...secrets] };
    return callProvider(tools, 'modal', request, schema);
  };
  const about = <T>(method: 'GET' | 'POST', verb: string, id: string, schema: z.ZodType<T>): Promise<CallAnswer<T>> =>
    runId.safeParse(id).success ? call(method, `/${verb}/${id}`, schema) : Promise.resolve(unknownRun);

  return {
    id: 'modal',

    async submit(spec, { gpuClass }) {
      const gpu = gpuClassOf(gpuClass)?.modalName;
      if (gpu === undefined) return no('permanent', `modal: there is no GPU for the class ${gpuClass}`);
      const timeoutSeconds = Math.min(spec.limits.maxSeconds + marginSeconds, maxTimeoutSeconds);
      const answer = await call('POST', '/run', started, { input: spec, gpu, timeoutSeconds }, [spec.token, spec.secret]);
      return answer.ok ? { ok: true, value: { externalId: answer.value.id } } : answer.no;
    },

    async status(externalId) {
      const answer = await about('GET', 'status', externalId, z.union([over, pending]));
      if (!answer.ok) return answer.status === 404 ? { ok: true, value: plain('lost') } : answer.no;
      const { value } = answer;
      if ('error' in value) return { ok: true, value: plain(value.kind, value.error.slice(0, 500)) };
      if ('ok' in value) return { ok: true, value: plain('succeeded') };
      return answer.status === 202
        ? { ok: true, value: plain(value.state) }
        : no('retryable', 'modal: the answer is not as documented: ok');
    },

    async cancel(externalId) {
      const answer = await about('POST', 'cancel', externalId, z.unknown());
      return answer.ok || answer.status === 404 ? { ok: true, value: null } : answer.no;
    },

    verifyWebhook: () => Promise.resolve(null),

    async health() {
      const answer = await call('GET', '/health', health);
      if (answer.ok) return { ok: true, value: { ok: answer.value.ok, hint: answer.value.hint ?? null } };
      const hint = 'The web app is not there; it may not be deployed or have another address.';
      return answer.status === 404 ? { ok: true, value: { ok: false, hint } } : answer.no;
    },
  };
}
