/**
 * POST /internal/v1/worker/claim: a worker asks for a job, and may wait for one.
 * Invariant: the operator's token gets jobs of the providers `local` and `pull`; a rented machine's own token gets what was placed on that
 * machine, while it is wanted.
 */
import { Hono } from 'hono';
import type { PullAnswer, PullRequest } from '../../src/core/job/trainerApi.ts';
import { pullRequest } from '../../src/core/job/trainerSchema.ts';
import type { Cloud } from '../cloud.ts';
import type { AppEnv } from '../http/appEnv.ts';
import { readJson } from '../http/readJson.ts';
import { Refusal } from '../http/refusal.ts';
import { giveJob, greet } from '../jobs/pull.ts';
import { instanceOfToken } from '../policy/instanceToken.ts';
import { timingSafeEqualText } from '../policy/tokens.ts';
import { count } from '../store/counters.ts';
import { instanceMayPull } from '../store/instances.ts';
import { type Worker, workerKey } from '../store/workers.ts';

const betweenMs = 1000;

/** @throws Refusal 401 */
async function requireWorker(cloud: Cloud, header: string, { workerId, instance }: PullRequest): Promise<Worker> {
  const token = /^Bearer ([\w.-]{1,500})$/.exec(header)?.[1] ?? '';
  const { WORKER_TOKEN } = cloud.env;
  if (WORKER_TOKEN && timingSafeEqualText(token, WORKER_TOKEN)) return { key: await workerKey(workerId), instance, isRented: false };
  const machine = await instanceOfToken(cloud.env, token);
  if (machine !== null && (await instanceMayPull(cloud.db, machine))) return { key: machine, instance, isRented: true };
  count(cloud, 'refused', 'worker');
  throw new Refusal(401, 'bad-token', 'This is no token of a worker that is wanted here.');
}

/** Asks again and again until there is a job or the time is over. */
async function waitForJob(cloud: Cloud, worker: Worker, request: PullRequest): Promise<PullAnswer | null> {
  for (let leftMs = (request.waitSeconds ?? 0) * 1000; ; leftMs -= betweenMs) {
    const given = await giveJob(cloud, worker, request);
    if (given || leftMs <= 0) return given;
    await scheduler.wait(Math.min(betweenMs, leftMs));
  }
}

export const workerRoutes = new Hono<AppEnv>().post('/claim', async (c) => {
  const { cloud } = c.var;
  const request = await readJson(c, pullRequest);
  const worker = await requireWorker(cloud, c.req.header('authorization') ?? '', request);
  await greet(cloud, worker);
  const given = await waitForJob(cloud, worker, request);
  return given ? c.json<PullAnswer>(given) : c.body(null, 204);
});
