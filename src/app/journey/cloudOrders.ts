/**
 * Orders in the outbox, looked at from the cloud's side: which of them were about a project there.
 * Invariant: an order that has sent nothing yet belongs to this device alone, and nothing that happens in the cloud ends it.
 */
import type { CloudService } from '../services/cloud/cloudService.ts';
import type { OutboxEntry } from '../services/cloud/outboxEntry.ts';
import type { ProjectStore } from '../services/store/projectStore.ts';

type Orders = Pick<CloudService, 'entries' | 'remove'>;

const wasSent = ({ data }: OutboxEntry): boolean => data.uploadId !== null || data.jobId !== null;

/** The project on this device whose photos were sent, once its model is here too; null: none. */
export async function projectOf(orders: Orders, store: Pick<ProjectStore, 'get'>, cloudProjectId: string): Promise<string | null> {
  const done = (await orders.entries()).filter(({ state, data }) => state === 'done' && data.cloudProjectId === cloudProjectId);
  for (const { projectId } of done.reverse()) if (await store.get(projectId)) return projectId;
  return null;
}

/** Forgets the orders of a project that is deleted in the cloud; null: everything there is. */
export async function forgetOrders(orders: Orders, cloudProjectId: string | null): Promise<void> {
  for (const entry of await orders.entries())
    if (wasSent(entry) && (cloudProjectId === null || entry.data.cloudProjectId === cloudProjectId)) await orders.remove(entry.id);
}
