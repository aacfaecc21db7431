/**
 * The calls of Vast.ai's REST API that we need (docs.vast.ai/api-reference; shapes after vast-ai/vast-cli 5567983).
 * Invariant: the account's key goes to Vast.ai and nowhere else.
 */
import * as z from 'zod';
import { gpuClassOf } from '../policy/gpuClasses.ts';
import type { RentedMachine } from '../policy/instancePlan.ts';
import type { ProviderTools } from './adapter.ts';
import { type CallAnswer, type ProviderCall, callProvider } from './call.ts';

export interface VastSettings {
  key: string;
  /** Image of gpu-container. */
  image: string;
  /** Origin. */
  baseUrl?: string;
}

export interface VastOffer {
  id: number;
  /** US dollars an hour to pay or to bid. */
  price: number;
}

export interface VastStart {
  offerId: number;
  label: string;
  env: Record<string, string>;
  /** US dollars an hour; null on demand. */
  bid: number | null;
}

export interface VastApi {
  /** Cheapest first, none above our price. */
  offers(gpuClass: string, spot: boolean): Promise<CallAnswer<VastOffer[]>>;
  start(start: VastStart): Promise<CallAnswer<{ externalId: string }>>;
  show(externalId: string): Promise<CallAnswer<RentedMachine['state'] | null>>;
  /** All under labels of ours. */
  list(): Promise<CallAnswer<RentedMachine[]>>;
  /** One that is gone counts as destroyed. */
  destroy(externalId: string): Promise<CallAnswer<null>>;
  /** US dollars left on the account. */
  credit(): Promise<CallAnswer<number>>;
}

const labelPrefix = 'splat-';
export const labelOf = (instanceId: string): string => `${labelPrefix}${instanceId}`;

const diskGb = 60;
const minReliability = 0.98;
const pageSize = 25;
const maxPages = 40;

/** `actual_status`; null while the machine is being made ready. "unknown" is a host that was not heard of lately: the lease tells. */
const states: Record<string, RentedMachine['state']> = {
  created: 'starting',
  loading: 'starting',
  rebooting: 'starting',
  running: 'running',
  unknown: 'running',
  stopped: 'over',
  frozen: 'over',
  exited: 'over',
  offline: 'over',
};
const actualStatus = z
  .string()
  .nullish()
  .transform((status) => (status === null || status === undefined ? 'starting' : (states[status] ?? 'starting')));
const machine = z.object({ id: z.int(), actual_status: actualStatus, label: z.string().nullish() });
const page = z.object({ instances: z.array(machine), next_token: z.string().nullish() });
const offers = z.object({ offers: z.array(z.object({ id: z.int(), dph_total: z.number(), min_bid: z.number().nullish() })) });

/** A bid a little above the least, so that the next bidder does not take the machine at once. */
const bidAbove = 1.15;
const perHour = (microsPerSecond: number): number => (microsPerSecond * 3600) / 1_000_000;

function priced(found: z.infer<typeof offers>['offers'], spot: boolean, cap: number): VastOffer[] {
  return found
    .map((offer) => ({
      id: offer.id,
      price: spot ? Math.round((offer.min_bid ?? offer.dph_total) * bidAbove * 1000) / 1000 : offer.dph_total,
    }))
    .filter(({ price }) => price <= cap)
    .sort((a, b) => a.price - b.price);
}

export function createVastApi(settings: VastSettings, tools: ProviderTools): VastApi {
  const base = settings.baseUrl ?? 'https://console.vast.ai';
  const call = <T>(method: ProviderCall['method'], path: string, schema: z.ZodType<T>, body?: unknown, secrets: string[] = []) => {
    const headers = { authorization: `Bearer ${settings.key}` };
    const request: ProviderCall = { method, url: `${base}/api/${path}`, headers, body, secrets: [settings.key, ...secrets] };
    return callProvider(tools, 'vast', request, schema);
  };
  const found = <A, B>(answer: CallAnswer<A>, read: (value: A) => B): CallAnswer<B> =>
    answer.ok ? { ...answer, value: read(answer.value) } : answer;

  return {
    async offers(gpuClass, spot) {
      const gpu = gpuClassOf(gpuClass);
      const price = gpu?.price.vast;
      const cap = perHour((spot ? price?.spot : null) ?? price?.onDemand ?? 0);
      const query = {
        verified: { eq: true },
        external: { eq: false },
        rentable: { eq: true },
        rented: { eq: false },
        num_gpus: { eq: 1 },
        gpu_name: { in: gpu?.vastNames ?? [] },
        reliability2: { gte: minReliability },
        inet_down: { gte: 200 },
        disk_space: { gte: diskGb },
        cuda_max_good: { gte: 12.8 },
        ...(!spot && { dph_total: { lte: cap } }),
        type: spot ? 'bid' : 'on-demand',
        order: [[spot ? 'min_bid' : 'dph_total', 'asc']],
        limit: 20,
        allocated_storage: diskGb,
      };
      return found(await call('POST', 'v0/bundles/', offers, query), (value) => priced(value.offers, spot, cap));
    },

    async start({ offerId, label, env, bid }) {
      const run = { image: settings.image, runtype: 'args', args: ['pull'], disk: diskGb, env, label };
      const body = { client_id: 'me', ...run, ...(bid === null ? { cancel_unavail: true } : { price: bid }) };
      const started = z.object({ success: z.literal(true), new_contract: z.int() });
      const answer = await call('PUT', `v0/asks/${offerId}/`, started, body, Object.values(env));
      return found(answer, (value) => ({ externalId: String(value.new_contract) }));
    },

    async show(externalId) {
      const answer = await call('GET', `v0/instances/${encodeURIComponent(externalId)}/`, z.object({ instances: machine.nullable() }));
      return found(answer, ({ instances }) => instances?.actual_status ?? null);
    },

    async list() {
      const machines: RentedMachine[] = [];
      let after: string | null = null;
      for (let pages = 0; pages < maxPages; pages++) {
        const order = encodeURIComponent(JSON.stringify([{ col: 'id', dir: 'asc' }]));
        const more: string = after === null ? '' : `&after_token=${encodeURIComponent(after)}`;
        const answer: CallAnswer<z.infer<typeof page>> = await call(
          'GET',
          `v1/instances/?limit=${pageSize}&order_by=${order}${more}`,
          page,
        );
        if (!answer.ok) return answer;
        for (const { id, label, actual_status: state } of answer.value.instances) {
          if (label?.startsWith(labelPrefix)) machines.push({ externalId: String(id), id: label.slice(labelPrefix.length), state });
        }
        after = answer.value.next_token ?? null;
        if (after === null) return { ok: true, status: 200, value: machines };
      }
      // An incomplete list would make the reaper forget machines.
      const message = `vast: GET /api/v1/instances/: more than ${maxPages * pageSize} machines`;
      return { ok: false, status: 200, no: { ok: false, kind: 'retryable', message, retryAfterMs: null } };
    },

    async destroy(externalId) {
      const answer = await call('DELETE', `v0/instances/${encodeURIComponent(externalId)}/`, z.unknown(), {});
      return !answer.ok && answer.status === 404 ? { ok: true, status: 404, value: null } : found(answer, () => null);
    },

    async credit() {
      return found(await call('GET', 'v0/users/current/', z.object({ credit: z.number() })), ({ credit }) => credit);
    },
  };
}
