/**
 * Stands for the trainer at the cloud's door: takes the next job and ends it at once, with a given model or with a failure. It signs its
 * calls with node:crypto as src/core/job/trainerApi.ts says.
 */
import { createHash, createHmac, randomUUID } from 'node:crypto';
import type { Failure } from '../../src/core/job/failure.ts';
import type { OutputFile, OutputKind, OutputsAnswer, PullAnswer, TrainSpec, TrainerMetrics } from '../../src/core/job/trainerApi.ts';

export interface StandInTrainer {
  /** Waits for a job and completes it with these files. */
  complete(files: Partial<Record<OutputKind, Uint8Array<ArrayBuffer>>>): Promise<void>;
  /** Waits for a job and gives it up for good. */
  fail(failure: Failure): Promise<void>;
}

const metrics: TrainerMetrics = {
  engine: 'stand-in',
  device: 'none',
  photos: 1,
  registered: 1,
  splats: 1,
  steps: 1,
  psnrDb: null,
  ssim: null,
  gpuSeconds: 0,
  secondsByStage: {},
};
const mostPulls = 20;

async function good(answer: Response): Promise<Response> {
  if (!answer.ok) throw new Error(`${answer.status} ${answer.url}: ${await answer.text()}`);
  return answer;
}

export function standInTrainer(url: string, workerToken: string): StandInTrainer {
  const holder = randomUUID();

  async function call(spec: TrainSpec, name: string, more: object): Promise<Response> {
    const path = `/internal/v1/jobs/${spec.jobId}/${name}`;
    const body = JSON.stringify({ attempt: spec.attempt, ...more });
    const t = Math.floor(Date.now() / 1000);
    const mac = createHmac('sha256', Buffer.from(spec.secret, 'hex')).update(`${t}.POST.${path}.${body}`).digest('hex');
    const headers = { authorization: `Bearer ${spec.token}`, 'x-splat-signature': `t=${t},v1=${mac}` };
    return good(await fetch(`${url}${path}`, { method: 'POST', headers, body }));
  }

  async function claimed(): Promise<TrainSpec> {
    const body = JSON.stringify({ workerId: 'stand-in', instance: holder, gpuClass: 'webgpu', waitSeconds: 5 });
    const init = { method: 'POST', headers: { authorization: `Bearer ${workerToken}` }, body };
    for (let pull = 0; pull < mostPulls; pull++) {
      const answer = await good(await fetch(`${url}/internal/v1/worker/claim`, init));
      if (answer.status === 204) continue;
      const { spec, externalId } = (await answer.json()) as PullAnswer;
      await call(spec, 'claim', { externalId, holder });
      return spec;
    }
    throw new Error('No job came.');
  }

  return {
    async complete(files) {
      const spec = await claimed();
      const outputs = Object.entries(files).map(([kind, bytes]): OutputFile => ({
        kind: kind as OutputKind,
        bytes: bytes.byteLength,
        sha256: createHash('sha256').update(bytes).digest('hex'),
      }));
      const places = (await (await call(spec, 'outputs', { outputs })).json()) as OutputsAnswer;
      for (const { kind, url: place, headers } of places.outputs)
        await good(await fetch(new URL(place, url), { method: 'PUT', headers, body: files[kind] ?? null }));
      await call(spec, 'complete', { outputs, metrics });
    },
    async fail(failure) {
      await call(await claimed(), 'fail', { failure, retryable: false, gpuSeconds: 0 });
    },
  };
}
