/**
 * Stopping a run that is not wanted any more, so that nobody pays for it.
 * Invariant: it is asked for through the outbox, with the change that makes the run unwanted, and asked again until the provider has heard.
 */
import { type Cloud, frozen } from '../cloud.ts';
import type { GpuProvider } from '../providers/adapter.ts';
import { providersOf } from '../providers/all.ts';
import { count } from '../store/counters.ts';
import type { Job } from '../store/jobs.ts';
import { flushLater, outboxed } from '../store/outbox.ts';
import type { Message } from './message.ts';

type Run = Pick<Job, 'id' | 'provider' | 'externalId' | 'requestId'>;

/**
 * The statements that ask for it, for the batch of the move that ends the run; none when no provider has it.
 * @param after the job as the move leaves it; `cloud` is frozen
 */
export function stopAsked(cloud: Cloud, run: Run, after: Pick<Job, 'state' | 'attempt'>): D1PreparedStatement[] {
  if (run.provider === null || run.externalId === null) return [];
  // The attempt is the one that the move leads to: by it outboxed() knows that the move was made.
  const message = stopMessage(run, run.provider, run.externalId, after.attempt);
  return [outboxed(cloud, message, 0, { state: after.state, updatedAt: cloud.now() })];
}

const stopMessage = (run: Run, provider: string, externalId: string, attempt: number): Message => ({
  kind: 'stop-run',
  jobId: run.id,
  attempt,
  provider,
  externalId,
  requestId: run.requestId,
});

/** Asks for it where no move comes with it: a run that was started too late. */
export async function stopLater(moving: Cloud, run: Run & Pick<Job, 'attempt'>): Promise<void> {
  if (run.provider === null || run.externalId === null) return;
  const cloud = frozen(moving);
  await outboxed(cloud, stopMessage(run, run.provider, run.externalId, run.attempt)).run();
  flushLater(moving);
}

/** @throws Error when the provider could not be reached: the queue tries again */
export async function stopRun(
  cloud: Cloud,
  { provider: id, externalId, jobId }: Extract<Message, { kind: 'stop-run' }>,
  providers: GpuProvider[] = providersOf(cloud),
): Promise<void> {
  const provider = providers.find((one) => one.id === id);
  if (!provider) return cloud.log.warn('stop-run-no-provider', { provider: id, jobId });
  const answer = await provider.cancel(externalId);
  count(cloud, 'provider_call', `${provider.id} cancel ${answer.ok ? 'ok' : answer.kind}`);
  if (answer.ok) return cloud.log.info('run-stopped', { provider: id, jobId });
  if (answer.kind === 'retryable') throw new Error(`${id} did not stop the run: ${answer.message}`);
  cloud.log.error('stop-run-refused', { provider: id, jobId, error: answer.message });
}
