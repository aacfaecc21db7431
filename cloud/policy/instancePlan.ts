/**
 * Which job goes to which rented machine, and which machines are given back. Pure.
 * Invariant: a machine that nobody knows or needs is always given back, for it is billed until it is.
 */
import type { Instance, InstanceChange } from '../providers/instanceBook.ts';

export interface InstanceLimits {
  /** The most machines at a time. */
  machines: number;
  /** A machine takes further jobs while those it has come to no more than this together. */
  batchSeconds: number;
  /** Without work for this long it is given back. */
  idleSeconds: number;
  /** Not at work this long after its start, or after its last work with jobs waiting, it is taken to be broken. */
  startSeconds: number;
}

export const instanceLimits: InstanceLimits = { machines: 4, batchSeconds: 1800, idleSeconds: 300, startSeconds: 1200 };

export type InstancePlan = { use: string } | { start: true } | { wait: string };

const workOf = ({ jobs }: Instance): number => jobs.reduce((sum, { seconds }) => sum + seconds, 0);

/**
 * A machine for a job: the fullest of its class that has room (so that others can fall idle), else a new one. A job that must not be
 * interrupted never shares a spot machine.
 * @param job `externalId` as the job would be known there; a machine that has it already keeps it
 */
export function planInstance(
  instances: Instance[],
  job: { name: string; gpuClass: string; spot: boolean; seconds: number },
  limits: InstanceLimits = instanceLimits,
): InstancePlan {
  const alive = instances.filter(({ status }) => status === 'starting' || status === 'running');
  const has = alive.find(({ id, jobs }) => jobs.some(({ externalId }) => externalId === `${id}/${job.name}`));
  if (has) return { use: has.id };
  const room = alive
    .filter((instance) => instance.gpuClass === job.gpuClass && (job.spot || !instance.spot))
    .filter((instance) => instance.jobs.length === 0 || workOf(instance) + job.seconds <= limits.batchSeconds)
    .sort((a, b) => workOf(b) - workOf(a));
  if (room[0]) return { use: room[0].id };
  const billed = instances.filter(({ status }) => status !== 'gone').length;
  return billed < limits.machines ? { start: true } : { wait: `all ${limits.machines} machines are busy` };
}

/** A machine as the provider lists it; `id` is ours, from its label. */
export interface RentedMachine {
  externalId: string;
  id: string;
  /** `over`: it does not run and will not by itself. */
  state: 'starting' | 'running' | 'over';
}

export type ReapStep =
  | {
      do: 'destroy';
      externalId: string;
      id: string | null;
      reason: 'idle' | 'over' | 'broken' | 'stopping' | 'unknown';
      idleSinceMs?: number;
    }
  | { do: 'mark'; id: string; change: InstanceChange };

/** How long a machine may be in the book before the provider must list it. */
const listedAfterMs = 3 * 60_000;

function reasonToStop(instance: Instance, state: RentedMachine['state'], nowMs: number, limits: InstanceLimits) {
  if (instance.status === 'stopping') return 'stopping';
  if (state === 'over') return 'over';
  const working = instance.jobs.some(({ held }) => held);
  if (instance.jobs.length > 0 && !working && nowMs - instance.seenAtMs > limits.startSeconds * 1000) return 'broken';
  const idleMs = instance.jobs.length > 0 || instance.idleSinceMs === null ? 0 : nowMs - instance.idleSinceMs;
  return idleMs > limits.idleSeconds * 1000 ? 'idle' : null;
}

/** What changes in the book for a machine that stays. */
function upkeep(instance: Instance, rented: RentedMachine, nowMs: number): InstanceChange {
  const working = instance.jobs.some(({ held }) => held);
  const idleSinceMs = instance.jobs.length > 0 ? null : (instance.idleSinceMs ?? nowMs);
  return {
    ...(instance.externalId !== rented.externalId && { externalId: rented.externalId }),
    ...(instance.status === 'starting' && rented.state === 'running' && { status: 'running' as const }),
    ...(working && { seenAtMs: nowMs }),
    ...(idleSinceMs !== instance.idleSinceMs && { idleSinceMs }),
  };
}

/**
 * @param instances the book, without those that are gone
 * @param rented what the provider bills under our label, complete
 */
export function planReaping(
  instances: Instance[],
  rented: RentedMachine[],
  nowMs: number,
  limits: InstanceLimits = instanceLimits,
): ReapStep[] {
  const steps: ReapStep[] = [];
  const book = new Map(instances.map((instance) => [instance.id, instance]));
  for (const machine of rented) {
    const instance = book.get(machine.id);
    const { externalId } = machine;
    // One label twice: the answer to the first start was lost and it was started again.
    if (!instance || (instance.externalId !== '' && instance.externalId !== externalId)) {
      steps.push({ do: 'destroy', externalId, id: null, reason: 'unknown' });
      continue;
    }
    const reason = reasonToStop(instance, machine.state, nowMs, limits);
    const change = upkeep(instance, machine, nowMs);
    if (reason) {
      const since = reason === 'idle' && instance.idleSinceMs !== null ? { idleSinceMs: instance.idleSinceMs } : {};
      steps.push({ do: 'destroy', externalId, id: instance.id, reason, ...since });
    } else if (Object.keys(change).length > 0) {
      steps.push({ do: 'mark', id: instance.id, change });
      // The next of the same label is one too many.
      book.set(instance.id, { ...instance, ...change });
    }
  }
  const listed = new Set(rented.map(({ id }) => id));
  for (const { id, createdAtMs } of instances) {
    if (!listed.has(id) && nowMs - createdAtMs > listedAfterMs) steps.push({ do: 'mark', id, change: { status: 'gone' } });
  }
  return steps;
}
