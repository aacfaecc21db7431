/**
 * Giving a waiting job to a provider.
 * Invariant: idempotent by (job, attempt) and never waiting for a run. What a Worker that ends in the middle leaves behind is a job that is
 * `submitting` for too long and is submitted again; should two runs begin, the claim lets one of them go on.
 */
import { type Cloud, frozen } from '../cloud.ts';
import { budgetLeft } from '../policy/budget.ts';
import { type RunChoice, chooseRun, spotAllowedAfter } from '../policy/costPolicy.ts';
import { heldStates } from '../policy/jobMachine.ts';
import { backoffMs, maySubmitAgain } from '../policy/retryPolicy.ts';
import { randomToken, sha256Hex } from '../policy/tokens.ts';
import type { GpuProvider, ProviderId, ProviderNo } from '../providers/adapter.ts';
import { offeredClasses, providersOf } from '../providers/all.ts';
import { mayTry, refusedJob, shutProviders, tookJob } from '../store/breakers.ts';
import { reserve, spentOn } from '../store/budget.ts';
import { count } from '../store/counters.ts';
import { type Job, getJob, move, note } from '../store/jobs.ts';
import { flushLater } from '../store/outbox.ts';
import { isKilled } from '../store/settings.ts';
import { askAgain, submitTries } from '../store/submitMessages.ts';
import { failJob } from './fail.ts';
import { triedOf } from './lost.ts';
import { stopLater } from './stopRun.ts';
import { trainSpecOf } from './trainSpec.ts';

type Refusal = ProviderNo & { provider: ProviderId };

const killSwitchPauseMs = 60_000;
const budgetPauseMs = 10 * 60_000;

export async function submitJob(
  cloud: Cloud,
  { jobId, attempt }: { jobId: string; attempt: number },
  providers: GpuProvider[] = providersOf(cloud),
): Promise<void> {
  const job = await getJob(cloud.db, jobId);
  if (job?.attempt !== attempt) return;
  const waiting = job.state === 'submitting' ? await takenBack(cloud, job) : job;
  if (waiting?.state !== 'queued' || waiting.notBefore > cloud.now()) return;
  const mine = await move(cloud, waiting, 'submit');
  if (!mine) return;
  if (await isKilled(cloud)) await waitLonger(cloud, mine, cloud.now() + killSwitchPauseMs, false, 'The kill switch is on.');
  else await place(cloud, mine, providers);
}

/** A job whose submitter has fallen silent; null while it may still be at work. */
async function takenBack(cloud: Cloud, job: Job): Promise<Job | null> {
  const isStale = job.updatedAt + cloud.config.tuning.resendSeconds * 1000 <= cloud.now();
  return isStale ? move(cloud, job, 'unsubmit') : null;
}

/** Asks one provider after the other until one takes the job. */
async function place(cloud: Cloud, job: Job, providers: GpuProvider[]): Promise<void> {
  const { shut, until } = await shutProviders(cloud);
  const refusals: Refusal[] = [];
  for (;;) {
    const choice = await choose(cloud, job, providers, shut);
    if ('wait' in choice) return notPlaced(cloud, job, choice.wait, refusals, until);
    const provider = providers.find(({ id }) => id === choice.provider);
    if (!provider || !(await mayTry(cloud, choice.provider))) {
      shut.push(choice.provider);
      continue;
    }
    const outcome = await tryProvider(cloud, job, provider, choice);
    if (outcome === 'done') return;
    if (outcome === 'budget') return notPlaced(cloud, job, 'budget', refusals, until);
    refusals.push({ ...outcome, provider: provider.id });
    shut.push(provider.id);
  }
}

async function choose(cloud: Cloud, job: Job, providers: GpuProvider[], shut: ProviderId[]) {
  const { photos, bytes, preset } = job;
  return chooseRun({
    photos,
    bytes,
    preset,
    providers: providers.map(({ id }) => id),
    tried: triedOf(job),
    openBreakers: shut,
    spotAllowed: spotAllowedAfter(job.lostCount),
    budgetLeftSeconds: budgetLeft(cloud.config.budget, await spentOn(cloud)),
    offered: offeredClasses(cloud),
    maxSeconds: cloud.config.tuning.attemptSeconds,
  });
}

/** @returns 'done' when the provider has the job, or when it is not ours to submit any more */
async function tryProvider(cloud: Cloud, job: Job, provider: GpuProvider, choice: RunChoice): Promise<'done' | 'budget' | ProviderNo> {
  const { gpuClass, spot, reserveSeconds: expectedSeconds } = choice;
  const reserved = await reserve(cloud, job, expectedSeconds);
  if (reserved === 'late') return 'done';
  if (reserved === 'budget') return 'budget';
  const token = randomToken();
  const run = { provider: provider.id, gpuClass, spot: Number(spot), webhookHash: await sha256Hex(token) };
  // Written before the provider hears of it: its webhook or the trainer may be faster than its answer.
  const named = await note(cloud, job, ['submitting'], run);
  if (!named) return 'done';
  const webhookUrl = `${job.apiBase}/api/webhooks/${provider.id}/${job.id}/${job.attempt}/${token}`;
  const spec = await trainSpecOf(cloud, named);
  const answer = await provider.submit(spec, { webhookUrl, gpuClass, spot, expectedSeconds });
  count(cloud, 'provider_call', `${provider.id} submit ${answer.ok ? 'ok' : answer.kind}`);
  if (!answer.ok) {
    cloud.log.warn('provider-refused', { provider: provider.id, jobId: job.id, kind: answer.kind, error: answer.message });
    await refusedJob(cloud, provider.id, answer.message.slice(0, 500));
    return answer;
  }
  await tookJob(cloud, provider.id);
  await noteRun(cloud, job, { ...run, externalId: answer.value.externalId });
  return 'done';
}

/** The provider has it. Where the job was cancelled meanwhile, or is run by another already, this run is one too many. */
async function noteRun(
  cloud: Cloud,
  job: Job,
  run: { provider: ProviderId; gpuClass: string; spot: number; webhookHash: string; externalId: string },
): Promise<void> {
  if (await move(cloud, job, 'submitted', run)) return;
  const now = await getJob(cloud.db, job.id);
  const isOurs = now?.attempt === job.attempt && now.webhookHash === run.webhookHash;
  // Its trainer was faster than the answer.
  if (isOurs && (await note(cloud, job, heldStates, { externalId: run.externalId }))) return;
  await stopLater(cloud, { ...job, ...run });
}

/** No provider has it: it waits, or it has failed where waiting does not help. */
async function notPlaced(
  cloud: Cloud,
  job: Job,
  wait: 'budget' | 'providers' | 'size',
  refusals: Refusal[],
  shutUntil: number | null,
): Promise<void> {
  const said = refusals.map(({ provider, message }) => `${provider}: ${message}`).join('; ');
  if (wait === 'size')
    return failed(cloud, job, 'There is no GPU here that is large or fast enough for so many photos.', said || 'No GPU class fits.');
  if (wait === 'budget') return waitLonger(cloud, job, cloud.now() + budgetPauseMs, false, 'The GPU budget is used up.');
  // The breakers of all others are open: no try was made.
  if (refusals.length === 0)
    return waitLonger(cloud, job, shutUntil ?? cloud.now() + killSwitchPauseMs, false, 'No provider may be tried now.');
  const isHopeless = shutUntil === null && refusals.every(({ kind }) => kind === 'permanent');
  const tries = await submitTries(cloud, job);
  if (isHopeless || !maySubmitAgain(tries, cloud.config.tuning))
    return failed(cloud, job, 'No GPU could be had for this job.', `${tries} tries; ${said}`);
  const askedMs = Math.max(0, ...refusals.map(({ retryAfterMs }) => retryAfterMs ?? 0));
  return waitLonger(cloud, job, cloud.now() + backoffMs(tries, cloud.random(), askedMs), true, said);
}

async function failed(cloud: Cloud, job: Job, detail: string, error: string): Promise<void> {
  await failJob(cloud, job, { code: 'cloud-failed', detail }, error);
}

/** Back into the queue. @param counts a round of tries has failed */
async function waitLonger(moving: Cloud, job: Job, notBefore: number, counts: boolean, why: string): Promise<void> {
  const reserved = await reserve(moving, job, 0);
  if (reserved === 'late') return;
  const cloud = frozen(moving);
  const at = Math.max(notBefore, cloud.now());
  const change = { notBefore: at, error: why.slice(0, 2000), provider: null, gpuClass: null, webhookHash: null };
  await move(cloud, job, 'unsubmit', change, askAgain(cloud, job, at, counts));
  flushLater(moving);
}
