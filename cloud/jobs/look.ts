/**
 * Looking after one job: does what the watchdog's rules (policy/watchdog.ts) say.
 * Invariant: may be called by anybody at any time; what it does is fenced by the job's attempt and state.
 */
import { type Cloud, frozen } from '../cloud.ts';
import { openStates } from '../policy/jobMachine.ts';
import { type Action, afterAsking, whatToDo } from '../policy/watchdog.ts';
import type { GpuProvider, ProviderState } from '../providers/adapter.ts';
import { providersOf } from '../providers/all.ts';
import { count } from '../store/counters.ts';
import { type Job, move, note } from '../store/jobs.ts';
import { flushLater } from '../store/outbox.ts';
import { askAgain } from '../store/submitMessages.ts';
import { failJob } from './fail.ts';
import { loseAttempt, triedOf } from './lost.ts';

export interface LookOptions {
  providers?: GpuProvider[];
  /** Somebody says that something has happened: the provider is asked although it is not time yet. */
  asksNow?: boolean;
}

const mayBeAsked = ({ state }: Job): boolean => state !== 'queued' && state !== 'submitting';

export async function lookAtJob(cloud: Cloud, job: Job, { providers, asksNow = false }: LookOptions = {}): Promise<void> {
  const action = whatToDo(job, cloud.now(), cloud.config.tuning);
  const asks = asksNow && action.do === 'wait' && mayBeAsked(job);
  await act(cloud, job, asks ? { do: 'ask' } : action, providers ?? providersOf(cloud));
}

async function act(cloud: Cloud, job: Job, action: Action, providers: GpuProvider[]): Promise<void> {
  if (action.do === 'resend') await resend(cloud, job);
  else if (action.do === 'ask') await ask(cloud, job, providers);
  else if (action.do === 'expire') await expire(cloud, job);
  else if (action.do === 'lose') await loseAttempt(cloud, job, action.why, { excludeProvider: true });
}

/** The message is lost, or whoever had it has ended in the middle. */
async function resend(moving: Cloud, job: Job): Promise<void> {
  const cloud = frozen(moving);
  const again = askAgain(cloud, job, job.notBefore, false);
  if (job.state === 'submitting') await move(cloud, job, 'unsubmit', {}, again);
  else await cloud.db.batch([touchQueued(cloud, job), ...again]);
  cloud.log.warn('submit-resent', { jobId: job.id, attempt: job.attempt, state: job.state });
  flushLater(moving);
}

/** Of two that look at the same moment one resends: askAgain() depends on this change. */
const touchQueued = (cloud: Cloud, { id, attempt, updatedAt }: Job): D1PreparedStatement =>
  cloud.db
    .prepare("UPDATE jobs SET updated_at = ?4 WHERE id = ?1 AND attempt = ?2 AND state = 'queued' AND updated_at = ?3")
    .bind(id, attempt, updatedAt, cloud.now());

async function expire(cloud: Cloud, job: Job): Promise<void> {
  const detail = `The job did not end within ${cloud.config.tuning.jobHours} hours.`;
  const error =
    job.error === null
      ? `Its time was over while it was ${job.state}.`
      : `Its time was over while it was ${job.state}; before: ${job.error}`;
  await failJob(cloud, job, { code: 'cloud-failed', detail }, error, 'expire');
}

async function ask(cloud: Cloud, job: Job, providers: GpuProvider[]): Promise<void> {
  const noted = await note(cloud, job, [job.state], {});
  if (!noted) return;
  const provider = providers.find(({ id }) => id === job.provider);
  const said = await stateOf(cloud, job, provider);
  if (said === null) return;
  const action = afterAsking(noted, said, cloud.now(), cloud.config.tuning);
  if (action.do === 'lose') await act(cloud, noted, action, providers);
  else if (job.state === 'submitted' && said === 'queued' && provider) await askHealth(cloud, noted, provider, providers);
}

/** Null when the provider does not answer. A run without a name, or of a provider that is not set up any more, is not known to anybody. */
async function stateOf(cloud: Cloud, job: Job, provider: GpuProvider | undefined): Promise<ProviderState | null> {
  if (!provider || job.externalId === null) return 'lost';
  const answer = await provider.status(job.externalId);
  count(cloud, 'provider_call', `${provider.id} status ${answer.ok ? 'ok' : answer.kind}`);
  if (answer.ok) return answer.value.state;
  cloud.log.warn('provider-status-failed', { jobId: job.id, provider: provider.id, error: answer.message });
  return null;
}

/** Queued at its provider for too long: perhaps it will never begin there. */
async function askHealth(cloud: Cloud, job: Job, provider: GpuProvider, providers: GpuProvider[]): Promise<void> {
  const answer = await provider.health();
  count(cloud, 'provider_call', `${provider.id} health ${answer.ok ? 'ok' : answer.kind}`);
  const hint = answer.ok ? answer.value.hint : answer.message;
  const error = `${provider.id}: ${hint ?? ''}`.slice(0, 2000);
  // Said once, not with every look.
  if (hint !== null && error !== job.error) {
    cloud.log.warn('provider-health', { jobId: job.id, provider: provider.id, hint });
    await note(cloud, job, openStates, { error });
  }
  const tried = triedOf(job);
  const hasOther = providers.some(({ id }) => id !== provider.id && !tried.includes(id));
  if (answer.ok && !answer.value.ok && hasOther)
    await loseAttempt(cloud, job, `${provider.id} is not well: ${hint ?? 'no reason given'}`, { excludeProvider: true });
}
