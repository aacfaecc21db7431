/**
 * POST /api/estimate: how long it will take and what it will cost.
 * Invariant: changes nothing and needs nobody to be known; the figures are those that the job's choice of a provider is made with.
 */
import { Hono } from 'hono';
import type { CloudEstimate } from '../../src/core/job/cloudApi.ts';
import { estimateRequest } from '../../src/core/job/cloudSchema.ts';
import type { AppEnv } from '../http/appEnv.ts';
import { readJson } from '../http/readJson.ts';
import { estimateForPerson } from '../policy/costPolicy.ts';
import { offeredClasses } from '../providers/all.ts';
import { shutProviders } from '../store/breakers.ts';

export const estimateRoutes = new Hono<AppEnv>().post('/', async (c) => {
  const { cloud } = c.var;
  const size = await readJson(c, estimateRequest, 4096);
  const { providers, tuning } = cloud.config;
  const { shut } = await shutProviders(cloud);
  return c.json<CloudEstimate>(
    estimateForPerson(size, { providers, openBreakers: shut, offered: offeredClasses(cloud), maxSeconds: tuning.attemptSeconds }),
  );
});
