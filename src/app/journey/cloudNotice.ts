/**
 * The way from a push notice to the project it is about: the address says which job, the outbox says which project.
 * Invariant: the query is taken off the address at once, so that a reload does not lead there again.
 */
import type { CloudService } from '../services/cloud/cloudService.ts';
import { type OutboxEntry, isFinal } from '../services/cloud/outboxEntry.ts';

/** As the Worker writes it (cloud/policy/pushMessage.ts). */
const queryName = 'cloud-job';

/** The job an address names; null for none. */
export const jobOfAddress = (address: string): string | null => new URL(address, location.href).searchParams.get(queryName);

/** Where the person is, and how they get elsewhere. */
export interface Way {
  /** `view`: to the splats; else to the room that the project has come to. */
  goTo(projectId: string, room?: 'view'): void;
  isIn(projectId: string): boolean;
}

type Outbox = Pick<CloudService, 'entries' | 'subscribe'>;

/**
 * Goes to the job's project, when it is still in the outbox. A notice may be faster than the model; then the person is taken on to the
 * splats when they have come, unless they have gone elsewhere meanwhile.
 */
async function follow(jobId: string, cloud: Outbox, way: Way): Promise<void> {
  const find = async (): Promise<OutboxEntry | undefined> => (await cloud.entries()).find(({ data }) => data.jobId === jobId);
  const entry = await find();
  if (!entry) return;
  way.goTo(entry.projectId);
  if (isFinal(entry)) return;
  let isOver = false;
  const look = async (): Promise<void> => {
    const now = await find();
    if (isOver || (now && !isFinal(now))) return;
    isOver = true;
    stop();
    if (now?.state === 'done' && way.isIn(now.projectId)) way.goTo(now.projectId, 'view');
  };
  const stop = cloud.subscribe(() => void look().catch(() => undefined));
  await look();
}

/** Follows the notice that opened this page and those clicked while it is open. @returns how to stop */
export function followNotices(cloud: Outbox, way: Way): () => void {
  const go = (jobId: string | null): void => void (jobId !== null && follow(jobId, cloud, way).catch(() => undefined));
  const opened = jobOfAddress(location.href);
  if (opened !== null) history.replaceState(history.state, '', `${location.pathname}${location.hash}`);
  go(opened);
  const onMessage = ({ data }: MessageEvent<{ type?: unknown; address?: unknown } | null>): void => {
    if (data?.type === 'open-address' && typeof data.address === 'string') go(jobOfAddress(data.address));
  };
  navigator.serviceWorker?.addEventListener('message', onMessage);
  return () => navigator.serviceWorker?.removeEventListener('message', onMessage);
}
