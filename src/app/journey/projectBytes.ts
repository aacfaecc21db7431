/**
 * A project's files as the page reads them: from the private file system, or from memory where nothing can be kept.
 * Invariant: a file handed out is not read here; bytes are read by who needs them.
 */
import type { PickedFile } from '../../../workers/protocol.ts';
import type { Project } from '../../core/project/project.ts';
import { newestTrained, photosOfProject, projectFile } from '../services/store/projectFiles.ts';

/** By project, then by the file's name inside it. */
const inMemory = new Map<string, Map<string, Blob>>();

/** Holds a file for the page's life, where it cannot be stored. */
export function holdInMemory(projectId: string, name: string, bytes: Blob): void {
  const files = inMemory.get(projectId) ?? new Map<string, Blob>();
  inMemory.set(projectId, files.set(name, bytes));
}

/** Lets go of the files of projects that are not among these. */
export function forgetOthers(ids: readonly string[]): void {
  for (const id of inMemory.keys()) if (!ids.includes(id)) inMemory.delete(id);
}

/** One file of a project; null when it is not there. */
export async function bytesOf(projectId: string, name: string): Promise<Blob | null> {
  return inMemory.get(projectId)?.get(name) ?? (await projectFile(projectId, name).catch(() => null));
}

/** What a run is given: the photos the person keeps, or the files of a data set, under the names they came with. */
export async function runFiles(project: Project): Promise<PickedFile[]> {
  const held = inMemory.get(project.id);
  if (!held) return photosOfProject(project);
  const wanted = project.files.length > 0 ? project.files.map(({ path, file }) => ({ path, file })) : keptPhotos(project);
  return wanted.flatMap(({ path, file }) => {
    const bytes = held.get(file);
    return bytes ? [{ path, file: new File([bytes], path) }] : [];
  });
}

const keptPhotos = ({ photos }: Project) => photos.filter(({ keep }) => keep).map(({ name, file }) => ({ path: name, file }));

/** The splats to view, with a name that tells their format; null when there are none. */
export async function splatsOf(project: Project): Promise<{ blob: Blob; fileName: string } | null> {
  if (project.splatFile !== null) {
    const blob = await bytesOf(project.id, project.splatFile);
    // The person's own name, with the ending that tells the format.
    return blob && { blob, fileName: project.splatFile.replace(/^splats/, project.name) };
  }
  const blob = await newestTrained(project.id).catch(() => null);
  return blob && { blob, fileName: `${project.name}.ply` };
}
