/**
 * The providers that this Worker is set up for, in the operator's order.
 * Invariant: one that is named but not set up stops the Worker with the missing secret's name; none is silently left out.
 */
import * as z from 'zod';
import type { Cloud } from '../cloud.ts';
import type { Env } from '../env.ts';
import { instanceToken } from '../policy/instanceToken.ts';
import { newId } from '../policy/tokens.ts';
import { createInstanceBook } from '../store/instances.ts';
import type { GpuProvider, ProviderId, ProviderTools } from './adapter.ts';
import type { InstanceBook } from './instanceBook.ts';
import { createModal } from './modal.ts';
import { createPull } from './pull.ts';
import { createReplicate } from './replicate.ts';
import { createRunpod } from './runpod.ts';
import { createVast } from './vast.ts';
import { type VastApi, createVastApi } from './vastApi.ts';

const timeoutMs = 15_000;

type Setting = Exclude<{ [K in keyof Env]: Env[K] extends string | undefined ? K : never }[keyof Env], undefined>;

/** @throws Error that names the setting */
function setting(cloud: Cloud, provider: ProviderId, name: Setting): string {
  const value = cloud.env[name];
  if (value === undefined || value === '') throw new Error(`PROVIDERS names ${provider}, but ${name} is not set.`);
  return value;
}

/** GPU class -> endpoint id. */
function runpodEndpoints(cloud: Cloud): Record<string, string> {
  const text = setting(cloud, 'runpod', 'RUNPOD_ENDPOINTS');
  const read = z
    .string()
    .transform((json, context): unknown => {
      try {
        return JSON.parse(json);
      } catch {
        context.addIssue({ code: 'custom', message: 'not JSON' });
        return z.NEVER;
      }
    })
    .pipe(z.record(z.string(), z.string().regex(/^[a-z0-9-]+$/i)))
    .safeParse(text);
  if (!read.success) throw new Error('RUNPOD_ENDPOINTS must be JSON that gives an endpoint id for each GPU class.');
  return read.data;
}

/** "owner/name", or "owner/name@gpu-class" where the deployment is not on an L40S. */
function replicateDeployment(cloud: Cloud): { deployment: string; gpuClass: string } {
  const [deployment = '', gpuClass = 'l40s'] = setting(cloud, 'replicate', 'REPLICATE_DEPLOYMENT').split('@');
  if (!/^[\w.-]+\/[\w.-]+$/.test(deployment)) throw new Error('REPLICATE_DEPLOYMENT must be owner/name.');
  return { deployment, gpuClass };
}

function modalUrl(cloud: Cloud): string {
  const url = setting(cloud, 'modal', 'MODAL_URL').replace(/\/+$/, '');
  if (!url.startsWith('https://') && !cloud.config.isDevelopment) throw new Error('MODAL_URL must begin with https://.');
  return url;
}

const toolsOf = (cloud: Cloud): ProviderTools => ({ fetch: cloud.fetch, timeoutMs, now: () => cloud.now() });

/** When a worker last asked for work; the claim route notes it under the keys 'worker-seen:…' of `settings`. */
async function workerLastSeen(cloud: Cloud): Promise<number | null> {
  const seen = "SELECT MAX(updated_at) AS at FROM settings WHERE key LIKE 'worker-seen%'";
  return (await cloud.db.prepare(seen).first<{ at: number | null }>())?.at ?? null;
}

/** For the sweeper's reapInstances; null where no machines are rented. */
export function rentedMachines(cloud: Cloud): { book: InstanceBook; vast: VastApi } | null {
  if (!cloud.config.providers.includes('vast')) return null;
  const settings = { key: setting(cloud, 'vast', 'VAST_KEY'), image: setting(cloud, 'vast', 'VAST_IMAGE') };
  return { book: createInstanceBook(cloud.db), vast: createVastApi(settings, toolsOf(cloud)) };
}

const factories: Record<ProviderId, (cloud: Cloud) => GpuProvider> = {
  local: (cloud) => createPull({ id: 'local', lastSeen: () => workerLastSeen(cloud), now: () => cloud.now() }),
  pull: (cloud) => {
    setting(cloud, 'pull', 'WORKER_TOKEN');
    return createPull({ id: 'pull', lastSeen: () => workerLastSeen(cloud), now: () => cloud.now() });
  },
  runpod: (cloud) => createRunpod({ key: setting(cloud, 'runpod', 'RUNPOD_KEY'), endpoints: runpodEndpoints(cloud) }, toolsOf(cloud)),
  modal: (cloud) => {
    const [key, secret] = [setting(cloud, 'modal', 'MODAL_KEY'), setting(cloud, 'modal', 'MODAL_SECRET')];
    return createModal({ url: modalUrl(cloud), key, secret }, toolsOf(cloud));
  },
  replicate: (cloud) => {
    const token = setting(cloud, 'replicate', 'REPLICATE_TOKEN');
    const webhookSecrets = setting(cloud, 'replicate', 'REPLICATE_WEBHOOK_SECRET').split(/\s+/).filter(Boolean);
    return createReplicate({ token, deployment: replicateDeployment(cloud).deployment, webhookSecrets }, toolsOf(cloud));
  },
  vast: (cloud) => {
    const settings = { key: setting(cloud, 'vast', 'VAST_KEY'), image: setting(cloud, 'vast', 'VAST_IMAGE') };
    const workerToken = (id: string): Promise<string> => instanceToken(cloud.env, id);
    const rental = { book: createInstanceBook(cloud.db), newInstanceId: () => newId('ins'), workerToken };
    return createVast(settings, toolsOf(cloud), rental);
  },
};

/** @throws Error that names the secret which is missing */
export const providersOf = (cloud: Cloud): GpuProvider[] => cloud.config.providers.map((id) => factories[id](cloud));

/** The GPU classes that each provider is set up for, where that is not all of them: for chooseRun. */
export function offeredClasses(cloud: Cloud): Partial<Record<ProviderId, string[]>> {
  const { providers } = cloud.config;
  return {
    ...(providers.includes('runpod') && { runpod: Object.keys(runpodEndpoints(cloud)) }),
    ...(providers.includes('replicate') && { replicate: [replicateDeployment(cloud).gpuClass] }),
  };
}
