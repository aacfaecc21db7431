/**
 * Cloud: what every part of the Worker works with, made once per request, queue batch or alarm.
 * Invariant: time, randomness of retries and the network come from here, so that a test can hold them; nothing keeps state in a module.
 */
import { type Config, readConfig } from './config.ts';
import type { Env } from './env.ts';
import { type Log, createLog } from './log.ts';

export interface Cloud {
  env: Env;
  config: Config;
  db: D1Database;
  log: Log;
  /** Follows a request through Worker, queue and trainer. */
  requestId: string;
  now(): number;
  /** In [0, 1). */
  random(): number;
  fetch: typeof fetch;
  /** Work that goes on after the answer. */
  waitUntil(work: Promise<unknown>): void;
}

export function createCloud(
  env: Env,
  context: { waitUntil(work: Promise<unknown>): void },
  requestId: string = crypto.randomUUID(),
): Cloud {
  return {
    env,
    config: readConfig(env),
    db: env.DB,
    log: createLog(requestId),
    requestId,
    now: () => Date.now(),
    random: () => Math.random(),
    fetch: (...args) => fetch(...args),
    waitUntil: (work) => context.waitUntil(work),
  };
}

/** The same, in the name of the request that caused the work: one id leads through Worker, queue and trainer. */
export const underRequest = (cloud: Cloud, requestId: string): Cloud => ({ ...cloud, requestId, log: createLog(requestId) });

/** The same, at one moment: for a transaction whose statements refer to each other by their time. */
export function frozen(cloud: Cloud): Cloud {
  const moment = cloud.now();
  return { ...cloud, now: () => moment };
}
