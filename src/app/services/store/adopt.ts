/** Takes a finished project, whose files are there already, into the store. Invariant: record and edits come together or not at all. */
import { type Result, fail, ok } from '../../../core/job/failure.ts';
import type { Project } from '../../../core/project/project.ts';
import type { EditHistory } from '../../../core/scene/edit/operations.ts';
import { withDatabase } from './database.ts';
import { tellAll } from './notices.ts';

/** `storage-full` where it cannot be kept. */
export async function adoptProject(project: Project, history: EditHistory): Promise<Result<null>> {
  try {
    await withDatabase(async (database) => {
      const transaction = database.transaction(['projects', 'edits'], 'readwrite');
      const edits = history.done.length + history.undone.length > 0;
      await Promise.all([
        transaction.objectStore('projects').put(project),
        ...(edits ? [transaction.objectStore('edits').put({ id: project.id, history })] : []),
        transaction.done,
      ]);
    });
  } catch (error) {
    return fail('storage-full', `The project could not be kept: ${error instanceof Error ? error.message : String(error)}`);
  }
  tellAll();
  return ok(null);
}
