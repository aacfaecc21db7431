/**
 * The book of rented machines, as the adapter and the reaper see it; store/instances.ts keeps it in D1.
 * Invariant: a machine is in the book before it is rented and leaves it only when it is known to be gone, so that none is forgotten.
 */
export type InstanceStatus = 'starting' | 'running' | 'stopping' | 'gone';

/** An open job that is meant for a machine. */
export interface InstanceJob {
  externalId: string;
  /** A trainer holds it. */
  held: boolean;
  /** GPU seconds set aside for it. */
  seconds: number;
}

export interface Instance {
  /** Ours; part of the label it is rented under. */
  id: string;
  /** The provider's; empty until its answer is known. */
  externalId: string;
  gpuClass: string;
  spot: boolean;
  status: InstanceStatus;
  createdAtMs: number;
  /** When it was last known to be at work; its birth before that. */
  seenAtMs: number;
  idleSinceMs: number | null;
  jobs: InstanceJob[];
}

export type InstanceChange = Partial<Pick<Instance, 'externalId' | 'status' | 'seenAtMs' | 'idleSinceMs'>>;

export interface InstanceBook {
  /** All that are not gone, with their open jobs. */
  live(): Promise<Instance[]>;
  find(id: string): Promise<Instance | null>;
  add(instance: Pick<Instance, 'id' | 'gpuClass' | 'spot' | 'createdAtMs'>): Promise<void>;
  mark(id: string, change: InstanceChange): Promise<void>;
  /**
   * Marks it as stopping, so that no job is given to it any more; false when it was not starting or running, or when it has been given
   * work since it was seen to be idle since `idleSinceMs`.
   */
  stop(id: string, idleSinceMs?: number): Promise<boolean>;
}
