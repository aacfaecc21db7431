/**
 * What must be true when the load is over.
 * Invariant: each line is one thing that is not as it must be; none means that nothing was lost, doubled or shown to the wrong person.
 */
import type { Counter, Health } from '../../../cloud/policy/operatorView.ts';
import type { ProjectList } from '../../../src/core/job/cloudProjects.ts';
import { trainerPaths } from '../../../src/core/job/trainerApi.ts';
import { json, pause, wanted } from './calls.ts';
import { type OwnerRun, type Place, headersOf } from './owner.ts';
import { sha256Of } from './photos.ts';
import { type Ledger, trainerCall } from './pullWorker.ts';

interface Load {
  place: Place;
  adminToken: string;
  ledger: Ledger;
  owners: OwnerRun[];
  photosEach: number;
}

/** Every owner's job was completed once, by a worker that had all photos in order, and its model is what that worker made. */
export function checkLedger({ ledger, owners }: Pick<Load, 'ledger' | 'owners'>): string[] {
  const problems = owners.flatMap(({ index, jobId, photos, models }) => {
    const done = ledger.done.get(jobId) ?? [];
    if (done.length !== 1) return [`Owner ${index}'s job was completed ${done.length} times.`];
    const [{ photos: seen, model }] = done;
    const files = new Map(model.files.map(({ kind, bytes }) => [kind, sha256Of(bytes)]));
    const isOther = [...models].some(([format, sha256]) => files.get(format as 'ply' | 'splat') !== sha256);
    return [
      ...(seen.join() === photos.join() ? [] : [`Owner ${index}'s photos are not those that the worker saw, or in another order.`]),
      ...(isOther ? [`Owner ${index}'s model is not the one that the worker made.`] : []),
    ];
  });
  if (ledger.done.size !== owners.length) problems.push(`Workers completed ${ledger.done.size} jobs of ${owners.length} owners.`);
  const twice = ['jobId', 'modelId', 'uploadId'] as const;
  for (const name of twice)
    if (new Set(owners.map((each) => each[name])).size !== owners.length) problems.push(`Two owners have the same ${name}.`);
  return problems;
}

/** The owner sees one project with all photos, one job, one model, and nothing of the next owner's. */
async function checkOwner({ place, photosEach }: Load, me: OwnerRun, other: OwnerRun, otherProject: string): Promise<string[]> {
  const headers = headersOf(me.index, me.cookie);
  const get = (path: string) => place.calls.ask('check', place.origin + path, { headers });
  const { projects } = json<ProjectList>(wanted(await get('/api/projects'), 200, 'projects'));
  const [project] = projects;
  const is =
    projects.length === 1 &&
    project.photos === photosEach &&
    project.jobs.map(({ id, state }) => `${id} ${state}`).join() === `${me.jobId} completed` &&
    project.models.map(({ id }) => id).join() === me.modelId;
  const problems = is ? [] : [`Owner ${me.index} sees ${JSON.stringify(projects)}.`];
  for (const path of [`uploads/${other.uploadId}`, `status/${other.jobId}`, `model/${other.modelId}`, `projects/${otherProject}`]) {
    const { status } = await get(`/api/${path}`);
    if (status !== 404) problems.push(`Owner ${me.index} asked for ${path} of owner ${other.index} and was answered ${status}.`);
  }
  return problems;
}

async function projectOf({ place }: Load, { index, cookie }: OwnerRun): Promise<string> {
  const answer = await place.calls.ask('check', `${place.origin}/api/projects`, { headers: headersOf(index, cookie) });
  return json<ProjectList>(wanted(answer, 200, 'projects')).projects[0]?.id ?? 'none';
}

async function checkOwners(load: Load): Promise<string[]> {
  const { owners } = load;
  const todo = [...owners.keys()];
  const problems: string[] = [];
  async function lane(): Promise<void> {
    for (let at = todo.shift(); at !== undefined; at = todo.shift()) {
      const other = owners[(at + 1) % owners.length];
      // With one owner alone there is nobody to spy on.
      if (owners.length > 1) problems.push(...(await checkOwner(load, owners[at], other, await projectOf(load, other))));
    }
  }
  await Promise.all(Array.from({ length: 10 }, lane));
  return problems;
}

/** Workers that died come back when all is over: the cloud must not listen to them. */
async function checkDead({ place, ledger }: Load): Promise<string[]> {
  const problems: string[] = [];
  for (const spec of ledger.dead) {
    const events = { events: [{ seq: 1, t: Date.now(), event: { type: 'stage-started', stage: 'train' } }] };
    const { status } = await trainerCall(place, spec, 'check', trainerPaths.events(spec.jobId), events);
    if (status !== 409) problems.push(`A lost attempt of ${spec.jobId} was answered ${status}.`);
    if (!ledger.done.has(spec.jobId)) problems.push(`${spec.jobId} was lost with its first worker.`);
  }
  return problems;
}

async function admin<T>({ place, adminToken }: Load, path: string): Promise<T> {
  const headers = { authorization: `Bearer ${adminToken}` };
  return json<T>(wanted(await place.calls.ask('check', `${place.origin}/api/admin/${path}`, { headers }), 200, `admin ${path}`));
}

/** The operator's figures: every job in the state that it must be in, and nothing left over. */
async function checkHealth(load: Load): Promise<string[]> {
  const { figures } = await admin<Health>(load, 'health');
  if (!figures) return ['The health of the cloud has no figures.'];
  const problems = Object.entries(figures.jobs).flatMap(([state, number]) =>
    number === (state === 'completed' ? load.owners.length : 0) ? [] : [`${number} jobs are ${state}.`],
  );
  if (figures.queue.unsent + figures.queue.delayed > 0) problems.push(`The outbox still has ${JSON.stringify(figures.queue)}.`);
  if (figures.deadLetters.open > 0) problems.push(`There are ${figures.deadLetters.open} dead letters.`);
  return problems;
}

/** Counts of the day against what was done. A repeated PUT may be counted twice. */
function differences(counters: Counter[], { owners, ledger, photosEach, place }: Load): string[] {
  const of = (name: string, label: string): number => counters.find((each) => each.name === name && each.label === label)?.count ?? 0;
  const photos = owners.length * photosEach;
  const puts = [...(place.calls.times.get('PUT photo')?.retried.values() ?? [])].reduce((a, b) => a + b, 0);
  const wantedCounts: [name: string, label: string, least: number, most: number][] = [
    ['job_transition', 'completed', owners.length, owners.length],
    ['job_transition', 'claimed', owners.length + ledger.dead.length, owners.length + ledger.dead.length],
    ['upload', 'begun', owners.length, owners.length],
    ['upload', 'stored', photos, photos + puts],
    ['dead_letter', '', 0, 0],
    ['error', '', 0, 0],
  ];
  return wantedCounts.flatMap(([name, label, least, most]) => {
    const has = of(name, label);
    return has >= least && has <= most ? [] : [`The counter ${name} ${label} says ${has}; ${least} to ${most} were done.`];
  });
}

/** Counters are written after the answer, so they may be a moment late. */
async function checkCounters(load: Load, days: Set<string>): Promise<string[]> {
  let problems: string[] = [];
  for (let tries = 0; tries < 10; tries++) {
    const counters: Counter[] = [];
    for (const day of days) counters.push(...(await admin<{ counters: Counter[] }>(load, `counters?day=${day}`)).counters);
    problems = differences(sumOf(counters), load);
    if (problems.length === 0) break;
    await pause(1000);
  }
  return problems;
}

/** A run may go past midnight. */
function sumOf(counters: Counter[]): Counter[] {
  const sums = new Map<string, Counter>();
  for (const each of counters) {
    const key = `${each.name} ${each.label}`;
    sums.set(key, { ...each, count: each.count + (sums.get(key)?.count ?? 0) });
  }
  return [...sums.values()];
}

/** @param days on which it ran, UTC */
export async function checkLoad(load: Load, days: Set<string>): Promise<string[]> {
  return [
    ...checkLedger(load),
    ...(await checkOwners(load)),
    ...(await checkDead(load)),
    ...(await checkHealth(load)),
    ...(await checkCounters(load, days)),
  ];
}
