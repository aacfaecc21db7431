/** Failures as the cloud is told of them. Invariant: no path of this machine is among what is told. */
import type { JobEvent } from '../../core/job/events.ts';
import { type Failure, type FailureCode, fail } from '../../core/job/failure.ts';
import { type No, detailOf } from './answer.ts';
import type { EngineEnd } from './engineRun.ts';
import type { End } from './stopping.ts';

/** The machine was at fault, so that another attempt may go better. Of all others the photos were. */
const retryableCodes: FailureCode[] = ['gpu-lost', 'gpu-missing', 'out-of-memory', 'storage-full', 'cancelled'];
const detailLength = 2000;

export const failedBy = (failure: Failure): End => ({ kind: 'failed', failure, retryable: retryableCodes.includes(failure.code) });

/** A "no" of the cloud that ends the job. */
export function endBy(no: No, doing: string): End {
  if (no.no === 'stopped') return { kind: 'interrupted' };
  if (no.no !== 'refused') return { kind: 'lost', detail: detailOf(no) };
  return { kind: 'failed', failure: fail('cloud-failed', `${doing} was refused: ${no.detail}`).failure, retryable: true };
}

/** An engine that ended without a result; one that could not say why has crashed. */
export function failedEngine({ failure, how }: EngineEnd): End {
  if (failure) return failedBy(failure);
  return { kind: 'failed', failure: fail('cloud-failed', `The engine broke off (${how}).`).failure, retryable: true };
}

/** Without the folder that the job lies in, and no longer than the protocol takes. */
export function scrubbed(failure: Failure, folder: string): Failure {
  const relative = (text: string): string => text.replaceAll(`${folder}/`, '').replaceAll(`${folder}\\`, '').replaceAll(folder, 'the job');
  const detail = relative(failure.detail).slice(0, detailLength);
  return { ...failure, detail, ...(failure.file !== undefined && { file: relative(failure.file) }) };
}

export const scrubbedEvent = (event: JobEvent, folder: string): JobEvent =>
  event.type === 'warning' || event.type === 'failed' ? { ...event, failure: scrubbed(event.failure, folder) } : event;
