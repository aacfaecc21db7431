/**
 * Files that come from outside the page: another program's share menu, or the system's "Open with".
 * Invariant: shared files are given out once, whichever tab asks first.
 */
import type { PickedFile } from '../../../../workers/protocol.ts';
import { type Result, fail, ok } from '../../../core/job/failure.ts';
import { askWorker } from './askWorker.ts';

const asPicked = (files: readonly File[]): PickedFile[] => files.map((file) => ({ path: file.name, file }));

/**
 * The files that were shared with the app and wait at "#/shared"; none when nothing waits.
 * Fails with `storage-full` when they were too large to keep and `bad-file` when they could not be read.
 */
export async function takeSharedFiles(): Promise<Result<PickedFile[]>> {
  if (!('serviceWorker' in navigator)) return ok([]);
  const registration = await navigator.serviceWorker.getRegistration();
  if (!registration?.active) return ok([]);
  const answer = await askWorker(registration.active, { type: 'take-shared' }, 'shared');
  if (!answer) return fail('bad-file', 'The shared files could not be handed over. Share them again, or choose them here.');
  return answer.files.ok ? ok(asPicked(answer.files.value)) : answer.files;
}

interface LaunchParams {
  readonly files?: readonly { getFile(): Promise<File> }[];
}

/** The File Handling API, which TypeScript does not know. */
interface LaunchQueue {
  setConsumer(consumer: (params: LaunchParams) => void): void;
}

/** Files the system opens with the app, now and later, each launch once. A file that is gone by then is left out. */
export function takeLaunchedFiles(handler: (files: PickedFile[]) => void): void {
  const { launchQueue } = window as { launchQueue?: LaunchQueue };
  launchQueue?.setConsumer(({ files = [] }) => {
    const reading = files.map((handle) => handle.getFile().catch(() => null));
    void Promise.all(reading).then((read) => {
      const there = read.filter((file) => file !== null);
      if (there.length > 0) handler(asPicked(there));
    });
  });
}
