/**
 * Vast.ai: machines of strangers, rented by us, whose trainer comes and asks for the jobs that are meant for it.
 * Invariant: a machine gets a worker token that is good for itself alone, never the account's key nor a job's token. A run of ours is
 * named "instance/job-attempt", instance being our own name of the machine.
 */
import type { TrainSpec } from '../../src/core/job/trainerApi.ts';
import { type InstanceLimits, instanceLimits, planInstance } from '../policy/instancePlan.ts';
import type { GpuProvider, ProviderAnswer, ProviderState, ProviderStatus, ProviderTools, SubmitOptions } from './adapter.ts';
import { no } from './call.ts';
import type { InstanceBook } from './instanceBook.ts';
import { type VastApi, type VastSettings, createVastApi, labelOf } from './vastApi.ts';

export interface VastRental {
  book: InstanceBook;
  newInstanceId(): string;
  /** Good for claims by this machine only. */
  workerToken(instanceId: string): Promise<string>;
  limits?: InstanceLimits;
}

/** An offer may be gone by the time it is taken. */
const offersTried = 3;
const offerGone = [400, 404, 410];
const planAgainMs = 60_000;
const instanceOf = (externalId: string): string => externalId.split('/')[0] ?? '';
const answered = (state: ProviderState): ProviderAnswer<ProviderStatus> => ({
  ok: true,
  value: { state, queueMs: null, runMs: null, error: null },
});

/**
 * Rents a machine, which is in the book already.
 * @returns null when it is ours; `unsure` when it may have been rented though the answer does not say so
 */
async function rent(api: VastApi, rental: VastRental, id: string, spec: TrainSpec, { gpuClass, spot }: SubmitOptions) {
  const offers = await api.offers(gpuClass, spot);
  if (!offers.ok) return { no: offers.no, unsure: false };
  const token = await rental.workerToken(id);
  const env = { SPLAT_API_BASE: spec.apiBase, SPLAT_WORKER_TOKEN: token, SPLAT_WORKER_ID: id, SPLAT_GPU_CLASS: gpuClass };
  let why = 'no offer';
  for (const offer of offers.value.slice(0, offersTried)) {
    const started = await api.start({ offerId: offer.id, label: labelOf(id), env, bid: spot ? offer.price : null });
    if (started.ok) {
      await rental.book.mark(id, { externalId: started.value.externalId });
      return null;
    }
    const { status } = started;
    if (status === null || !offerGone.includes(status)) {
      return { no: started.no, unsure: status === null || status >= 500 || status < 300 };
    }
    why = started.no.message;
  }
  return { no: no('retryable', `vast: no ${gpuClass} is to be had at our price: ${why}`, planAgainMs), unsure: false };
}

export function createVast(
  settings: VastSettings,
  tools: ProviderTools,
  rental: VastRental,
  api = createVastApi(settings, tools),
): GpuProvider {
  const { book } = rental;

  return {
    id: 'vast',

    async submit(spec, options) {
      const name = `${spec.jobId}-${spec.attempt}`;
      const seconds = options.expectedSeconds ?? spec.limits.maxSeconds;
      const { gpuClass, spot } = options;
      const plan = planInstance(await book.live(), { name, gpuClass, spot, seconds }, rental.limits ?? instanceLimits);
      if ('wait' in plan) return no('retryable', `vast: ${plan.wait}`, planAgainMs);
      if ('use' in plan) {
        await book.mark(plan.use, { idleSinceMs: null });
        const status = (await book.find(plan.use))?.status;
        if (status !== 'starting' && status !== 'running') return no('retryable', 'vast: the machine was just given back', 1000);
        return { ok: true, value: { externalId: `${plan.use}/${name}` } };
      }
      const id = rental.newInstanceId();
      await book.add({ id, gpuClass, spot, createdAtMs: tools.now() });
      const failed = await rent(api, rental, id, spec, options);
      if (!failed) return { ok: true, value: { externalId: `${id}/${name}` } };
      // Where it may have been started all the same, the reaper finds it by its label or takes it out of the book.
      if (!failed.unsure) await book.mark(id, { status: 'gone' });
      return failed.no;
    },

    async status(externalId) {
      const instance = await book.find(instanceOf(externalId));
      if (!instance || instance.status === 'gone' || instance.status === 'stopping') return answered('lost');
      if (instance.externalId === '') return answered('starting');
      const shown = await api.show(instance.externalId);
      if (!shown.ok) return shown.status === 404 ? answered('lost') : shown.no;
      if (shown.value === null || shown.value === 'over') return answered('lost');
      if (shown.value === 'starting') return answered('starting');
      if (instance.jobs.some((job) => job.externalId === externalId && job.held)) return answered('running');
      return answered(instance.jobs.some(({ held }) => held) ? 'queued' : 'starting');
    },

    /** The trainer hears it in its next answer; a machine that has nothing else to do is given back at once. */
    async cancel(externalId) {
      const instance = await book.find(instanceOf(externalId));
      if (!instance || instance.status === 'gone') return { ok: true, value: null };
      if (instance.jobs.some((job) => job.externalId !== externalId)) return { ok: true, value: null };
      await book.stop(instance.id);
      // Not known yet by Vast.ai's name: the reaper finds it as one that is stopping.
      if (instance.externalId === '') return { ok: true, value: null };
      const destroyed = await api.destroy(instance.externalId);
      if (!destroyed.ok) return destroyed.no;
      await book.mark(instance.id, { status: 'gone' });
      return { ok: true, value: null };
    },

    verifyWebhook: () => Promise.resolve(null),

    async health() {
      const credit = await api.credit();
      if (!credit.ok) return credit.no;
      const hint = credit.value > 1 ? null : 'The account has next to no credit left.';
      return { ok: true, value: { ok: hint === null, hint } };
    },
  };
}
