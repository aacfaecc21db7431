/**
 * What a page may ask the service worker, and what it answers through the port that came with the question.
 * Invariant: every question but 'skip-waiting' is answered, and the last answer to 'cache-all' is 'filled'.
 */
import type { Result } from '../../src/core/job/failure.ts';
import type { FillProgress } from './assetCache.ts';

export type ServiceQuestion =
  /** Fetch everything the app has, so that all of it works without a network. */
  | { type: 'cache-all' }
  /** Take over from the version before; only ever sent because the person wishes so. */
  | { type: 'skip-waiting' }
  /** Hand out the files another program shared with us, once. */
  | { type: 'take-shared' };

export type ServiceAnswer =
  | ({ type: 'progress' } & FillProgress)
  /** `missing` 0: everything is there. */
  | { type: 'filled'; missing: number }
  | { type: 'shared'; files: Result<File[]> };
