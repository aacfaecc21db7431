/**
 * A project as one file, and back: the page's end of the archive worker.
 * Invariant: one worker per file, gone when the answer is there; a stopped or failed import leaves neither record nor files.
 */
import type { ArchiveCommand, ArchiveMessage, ImportedProject } from '../../../workers/archive/messages.ts';
import { type Result, fail, ok } from '../../core/job/failure.ts';
import type { Project } from '../../core/project/project.ts';
import { type EditHistory, emptyHistory } from '../../core/scene/edit/operations.ts';
import { adoptProject } from './store/adopt.ts';
import { projectRecord } from './store/mend.ts';
import { projectEntries, removeProjectFolder } from './store/projectFiles.ts';
import { repairedProject } from './store/projectRepair.ts';

export interface ArchiveHooks {
  progress?(doneBytes: number, totalBytes: number): void;
  signal?: AbortSignal;
}

type Answer = Exclude<ArchiveMessage, { type: 'progress' }>;

const stopped = (): Result<never> => fail('cancelled', 'The project file was not finished.');

/** Runs one command in a worker of its own. */
function run(command: ArchiveCommand, fileName: string, { progress, signal }: ArchiveHooks): Promise<Answer | Result<never>> {
  if (signal?.aborted) return Promise.resolve(stopped());
  return new Promise((resolve) => {
    const worker = new Worker(new URL('../../../workers/archive.ts', import.meta.url), { type: 'module', name: 'archive' });
    const end = (answer: Answer | Result<never>): void => {
      signal?.removeEventListener('abort', abort);
      worker.terminate();
      resolve(answer);
    };
    const abort = (): void => end(stopped());
    signal?.addEventListener('abort', abort);
    worker.onmessage = ({ data }: MessageEvent<ArchiveMessage>) => {
      if (data.type === 'progress') progress?.(data.doneBytes, data.totalBytes);
      else end(data);
    };
    worker.onerror = (event) => {
      event.preventDefault();
      end(fail('bad-file', event.message || 'The archive worker could not be loaded.', { file: fileName }));
    };
    worker.postMessage(command);
  });
}

/** The whole project without its checkpoints. The Blob stays readable for an hour at least, also when the project is deleted. */
export async function exportProject(project: Project, history: EditHistory, hooks: ArchiveHooks = {}): Promise<Result<Blob>> {
  const answer = await run({ type: 'export', project, history }, project.name, hooks);
  if ('ok' in answer) return answer;
  return answer.type === 'exported' ? answer.result : stopped();
}

/** A worker that was ended lets go of its files a moment later; three tries are enough. */
async function removeHalf(projectId: string): Promise<void> {
  for (let tries = 0; tries < 3 && !(await removeProjectFolder(projectId)); tries++)
    await new Promise((resolve) => setTimeout(resolve, 200));
}

/** The record under its fresh id, mended from the files that came with it. */
async function recordOf({ record, poster }: ImportedProject, id: string): Promise<Project | null> {
  const facts = typeof record === 'object' && record !== null ? record : {};
  const project = repairedProject({ ...facts, id, poster });
  return project && projectRecord(project, await projectEntries(id), { allFilesThere: true });
}

/** Reads a project file into a new project of this device. `bad-file`, `storage-full` or `cancelled`; then nothing is left of it. */
export async function importProject(file: File, hooks: ArchiveHooks = {}): Promise<Result<Project>> {
  const id = crypto.randomUUID();
  const answer = await run({ type: 'import', file, projectId: id }, file.name, hooks);
  const read = 'ok' in answer ? answer : answer.type === 'imported' ? answer.result : stopped();
  if (!read.ok) {
    await removeHalf(id);
    return read;
  }
  const project = await recordOf(read.value, id);
  const kept = project ? await adoptProject(project, read.value.history ?? emptyHistory) : fail('bad-file', 'It holds no project.');
  if (project && kept.ok) return ok(project);
  await removeHalf(id);
  return kept.ok ? stopped() : kept;
}
