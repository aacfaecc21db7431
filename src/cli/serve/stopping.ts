/**
 * Stopping: the one reason for which a job that is under way is left.
 * Invariant: the first reason counts; everything the job does hears of it through one signal.
 */
import type { Failure } from '../../core/job/failure.ts';

export type End =
  | { kind: 'completed' }
  /** The person does not want it any more. */
  | { kind: 'cancelled' }
  /** The attempt is somebody else's, or over, or the cloud has been away for too long. */
  | { kind: 'lost'; detail: string }
  /** The worker is to end; the job goes on when it is started again. */
  | { kind: 'interrupted' }
  | { kind: 'failed'; failure: Failure; retryable: boolean };

export interface Stopping {
  readonly signal: AbortSignal;
  /** Null while the job is wanted. */
  readonly reason: End | null;
  stop(reason: End): void;
}

export function createStopping(): Stopping {
  const controller = new AbortController();
  let reason: End | null = null;
  return {
    signal: controller.signal,
    get reason() {
      return reason;
    },
    stop(given) {
      reason ??= given;
      controller.abort();
    },
  };
}
