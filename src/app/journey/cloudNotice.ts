/**
 * The way from a push notice to the project it is about: the address says which job, the outbox says which project.
 * Invariant: the query is taken off the address at once, so that a reload does not lead there again.
 */
import type { CloudService } from '../services/cloud/cloudService.ts';

/** As the Worker writes it (cloud/policy/pushMessage.ts). */
const queryName = 'cloud-job';

/** The job an address names; null for none. */
export const jobOfAddress = (address: string): string | null => new URL(address, location.href).searchParams.get(queryName);

/** Goes to the job's project, when it is still in the outbox. */
async function follow(jobId: string, cloud: CloudService, goTo: (projectId: string) => void): Promise<void> {
  const entry = (await cloud.entries()).find(({ data }) => data.jobId === jobId);
  if (entry) goTo(entry.projectId);
}

/** Follows the notice that opened this page and those clicked while it is open. @returns how to stop */
export function followNotices(cloud: CloudService, goTo: (projectId: string) => void): () => void {
  const go = (jobId: string | null): void => void (jobId !== null && follow(jobId, cloud, goTo).catch(() => undefined));
  const opened = jobOfAddress(location.href);
  if (opened !== null) history.replaceState(history.state, '', `${location.pathname}${location.hash}`);
  go(opened);
  const onMessage = ({ data }: MessageEvent<{ type?: unknown; address?: unknown } | null>): void => {
    if (data?.type === 'open-address' && typeof data.address === 'string') go(jobOfAddress(data.address));
  };
  navigator.serviceWorker?.addEventListener('message', onMessage);
  return () => navigator.serviceWorker?.removeEventListener('message', onMessage);
}
