/**
 * A worker that pulls jobs and trains nothing: it fetches every photo, checks it, tells a few events and puts a small model. The protocol is
 * spoken here by itself, with node:crypto for the signatures, and not by the program that `npm start` runs.
 * Invariant: what it was given and what came of it is in the ledger; a call that the protocol does not allow to fail stops the lane.
 */
import { createHmac } from 'node:crypto';
import type { JobEvent } from '../../../src/core/job/events.ts';
import {
  type Manifest,
  type OutputFile,
  type OutputsAnswer,
  type PullAnswer,
  type TrainSpec,
  trainerPaths,
} from '../../../src/core/job/trainerApi.ts';
import { type Answer, type Calls, json, wanted } from './calls.ts';
import { chance } from './chance.ts';
import { type SmallModel, smallModelOf } from './models.ts';
import { sha256Of } from './photos.ts';

export interface Done {
  attempt: number;
  /** Hashes in the manifest's order; every one was fetched and found right. */
  photos: string[];
  model: SmallModel;
}

export interface Ledger {
  /** Completions that the cloud has taken, by job. */
  done: Map<string, Done[]>;
  /** Runs whose worker died after its claim. */
  dead: TrainSpec[];
  claims: number;
}

export interface Workplace {
  origin: string;
  workerToken: string;
  calls: Calls;
  ledger: Ledger;
  seed: number;
  /** Share of the calls that are sent twice. */
  twice: number;
  /** Every so many claims of a first attempt the worker dies. */
  deathEvery: number;
  signal: AbortSignal;
}

const lanes = 4;
const waitSeconds = 2;

/** One call of an attempt; x-splat-signature as trainerApi.ts defines it. */
export function trainerCall(
  { origin, calls }: Pick<Workplace, 'origin' | 'calls'>,
  spec: TrainSpec,
  name: string,
  path: string,
  body: object | null,
): Promise<Answer> {
  const [method, text] = body === null ? ['GET', ''] : ['POST', JSON.stringify({ attempt: spec.attempt, ...body })];
  const t = Math.floor(Date.now() / 1000);
  const v1 = createHmac('sha256', Buffer.from(spec.secret, 'hex')).update(`${t}.${method}.${path}.${text}`).digest('hex');
  const headers = { authorization: `Bearer ${spec.token}`, 'x-splat-signature': `t=${t},v1=${v1}`, 'content-type': 'application/json' };
  return calls.ask(name, origin + path, { method, headers, ...(body !== null && { body: text }) });
}

/** One attempt's calls, each now and then sent twice at once. */
function attemptOf(place: Workplace, spec: TrainSpec) {
  return async (what: 'claim' | 'events' | 'outputs' | 'complete', body: object): Promise<Answer> => {
    const send = (): Promise<Answer> => trainerCall(place, spec, `trainer ${what}`, trainerPaths[what](spec.jobId), body);
    const isTwice = chance(place.seed, `${what} ${spec.jobId} ${JSON.stringify(body).length}`) < place.twice;
    const [first, second] = await Promise.all(isTwice ? [send(), send()] : [send()]);
    if (second) wanted(second, 200, `${what}, the second time`);
    return wanted(first, 200, what);
  };
}

/** Fetches all, a few at once; tells how far it is, which also renews the lease. */
async function fetchPhotos(place: Workplace, { images }: Manifest, tell: (done: number) => Promise<void>): Promise<string[]> {
  const todo = [...images.keys()];
  let done = 0;
  async function lane(): Promise<void> {
    for (let index = todo.shift(); index !== undefined; index = todo.shift()) {
      const { url, bytes, sha256, name } = images[index];
      const answer = wanted(await place.calls.ask('trainer GET photo', url), 200, name);
      if (answer.bytes.length !== bytes || sha256Of(answer.bytes) !== sha256) throw new Error(`${name} is not the photo of the manifest.`);
      if (++done % 10 === 0) await tell(done);
    }
  }
  await Promise.all(Array.from({ length: lanes }, lane));
  return images.map(({ sha256 }) => sha256);
}

async function work(place: Workplace, spec: TrainSpec): Promise<void> {
  const { calls, origin, ledger } = place;
  const send = attemptOf(place, spec);
  let seq = 0;
  const tell = async (...events: JobEvent[]): Promise<void> => {
    await send('events', { events: events.map((event) => ({ seq: ++seq, t: Date.now(), event })) });
  };
  const answer = await trainerCall(place, spec, 'trainer manifest', trainerPaths.manifest(spec.jobId), null);
  const manifest = json<Manifest>(wanted(answer, 200, 'manifest'));
  await tell({ type: 'stage-started', stage: 'read' });
  const total = manifest.images.length;
  const photos = await fetchPhotos(place, manifest, (done) =>
    tell({ type: 'progress', stage: 'read', done, total, unit: 'photos', secondsLeft: null }),
  );
  await tell(
    { type: 'stage-started', stage: 'train' },
    { type: 'progress', stage: 'train', done: 100, total: 100, unit: 'steps', secondsLeft: 0 },
  );

  const model = smallModelOf(`${spec.jobId} attempt ${spec.attempt}`);
  const outputs = model.files.map(({ kind, bytes }): OutputFile => ({ kind, bytes: bytes.length, sha256: sha256Of(bytes) }));
  const places = json<OutputsAnswer>(await send('outputs', { outputs }));
  for (const { kind, url, headers } of places.outputs) {
    const body = model.files.find((file) => file.kind === kind)?.bytes ?? Buffer.alloc(0);
    wanted(
      await calls.ask('trainer PUT output', new URL(url, origin).href, { method: 'PUT', headers, body: new Uint8Array(body) }),
      200,
      kind,
    );
  }
  await tell({ type: 'stage-started', stage: 'save' });
  const metrics = {
    ...{ engine: 'bench', device: 'none', photos: total, registered: total, splats: model.splats, steps: 100 },
    ...{ psnrDb: null, ssim: null, gpuSeconds: 1, secondsByStage: { train: 1 } },
  };
  await send('complete', { outputs, metrics });
  ledger.done.set(spec.jobId, [...(ledger.done.get(spec.jobId) ?? []), { attempt: spec.attempt, photos, model }]);
}

/** Pulls and works until it is told to end. A worker that died is followed by one with another name. */
export async function workerLane(place: Workplace, lane: number): Promise<void> {
  const { calls, ledger, origin } = place;
  let lives = 0;
  const headers = { authorization: `Bearer ${place.workerToken}`, 'content-type': 'application/json' };
  while (!place.signal.aborted) {
    const workerId = `bench-${lane}-${lives}`;
    const body = JSON.stringify({ workerId, instance: workerId, gpuClass: 'bench', waitSeconds });
    const pulled = await calls.ask('worker pull (waits)', origin + trainerPaths.pull, { method: 'POST', headers, body });
    if (pulled.status === 204) continue;
    const { spec, externalId } = json<PullAnswer>(wanted(pulled, 200, 'pull'));
    await attemptOf(place, spec)('claim', { externalId, holder: workerId });
    if (spec.attempt === 1 && ++ledger.claims % place.deathEvery === 0) {
      ledger.dead.push(spec);
      lives++;
    } else await work(place, spec);
  }
}
