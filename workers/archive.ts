/**
 * The archive worker's entry: writes a project as one file, or reads one.
 * Invariant: one command, one result; what throws is answered as a failure.
 */
import { fail } from '../src/core/job/failure.ts';
import { exportProject } from './archive/exportProject.ts';
import { importProject } from './archive/importProject.ts';
import type { ArchiveCommand, ArchiveMessage } from './archive/messages.ts';

/** Often enough for a bar, seldom enough to cost nothing. */
const everyMs = 100;

const post = (message: ArchiveMessage): void => self.postMessage(message);

let toldMs = -Infinity;
function progress(doneBytes: number, totalBytes: number): void {
  const nowMs = performance.now();
  if (nowMs - toldMs < everyMs && doneBytes < totalBytes) return;
  toldMs = nowMs;
  post({ type: 'progress', doneBytes, totalBytes });
}

const failed = (error: unknown) =>
  fail('bad-file', `The project file could not be handled: ${error instanceof Error ? error.message : String(error)}`);

self.addEventListener('message', ({ data }: MessageEvent<ArchiveCommand>) => {
  if (data.type === 'export') {
    void exportProject(data.project, data.history, progress)
      .catch(failed)
      .then((result) => post({ type: 'exported', result }));
  } else {
    void importProject(data.file, data.projectId, progress)
      .catch(failed)
      .then((result) => post({ type: 'imported', result }));
  }
});
