/**
 * The page's end of the intake worker.
 * Invariant: one intake at a time, each in a worker of its own; cancelling ends the worker at once, whatever it is in the middle of.
 */
import type { IntakeCommand, IntakeMessage, IntakeProgress, IntakeResult, UnkeptFile } from '../../../workers/intake/messages.ts';
import type { PickedFile } from '../../../workers/protocol.ts';
import { type Result, fail } from '../../core/job/failure.ts';
import type { ProjectPhoto } from '../../core/project/project.ts';

export type { IntakeProgress, IntakeResult } from '../../../workers/intake/messages.ts';

export interface IntakeHooks {
  progress(progress: IntakeProgress): void;
  /** A photo was taken in, not judged yet. `bytes` only where this browser keeps no files: the page then holds the photo itself. */
  photo(photo: ProjectPhoto, thumbnail: Blob | null, bytes: Blob | null): void;
  /** A file of a data set or a splat file, only where this browser keeps no files. */
  unkept?(file: UnkeptFile): void;
}

export interface Intake {
  /**
   * Takes files into a project. Fails with `storage-full`, `bad-file` or `too-few-photos` when nothing was taken, `cancelled` after
   * cancel(): what was told through the hooks by then is written all the same. Rejects when the worker broke down, which is a bug.
   */
  take(projectId: string, picked: PickedFile[], photosBefore: ProjectPhoto[], hooks: IntakeHooks): Promise<Result<IntakeResult>>;
  /** Ends the intake under way; without one it does nothing. */
  cancel(): void;
  dispose(): void;
}

/** A plain copy: the store's records may be wrapped by the page, and wrapped ones cannot be posted. */
const plain = (photos: ProjectPhoto[]): ProjectPhoto[] => photos.map((photo) => ({ ...photo }));

export function createIntake(): Intake {
  /** Ends the intake under way, with its answer. */
  let end: ((answer: Result<IntakeResult>) => void) | null = null;

  function run(command: IntakeCommand, hooks: IntakeHooks): Promise<Result<IntakeResult>> {
    const worker = new Worker(new URL('../../../workers/intake.ts', import.meta.url), { type: 'module', name: 'intake' });
    return new Promise<Result<IntakeResult>>((resolve, reject) => {
      end = resolve;
      worker.onmessage = ({ data }: MessageEvent<IntakeMessage>) => {
        if (data.type === 'progress') hooks.progress({ done: data.done, total: data.total, unit: data.unit });
        else if (data.type === 'photo') hooks.photo(data.photo, data.thumbnail, data.bytes);
        else if (data.type === 'unkept') hooks.unkept?.(data.file);
        else resolve(data.result);
      };
      worker.onerror = (event) => reject(new Error(event.message || 'The intake worker could not be loaded.'));
      worker.onmessageerror = () => reject(new Error('A message between the page and its worker could not be read.'));
      worker.postMessage(command);
    }).finally(() => {
      end = null;
      worker.onmessage = null;
      worker.terminate();
    });
  }

  const cancel = (): void => end?.(fail('cancelled', 'Taking in the files was stopped.'));

  return {
    take: (projectId, picked, photosBefore, hooks) => {
      if (end) return Promise.reject(new Error('An intake is under way already.'));
      const files = picked.map(({ path, file }) => ({ path, file }));
      return run({ projectId, picked: files, photosBefore: plain(photosBefore) }, hooks);
    },
    cancel,
    dispose: cancel,
  };
}
