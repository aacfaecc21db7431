/**
 * A whole project as one file: a zip with `project.json` (the facts), `files/<name>` (the bytes), the poster and the edits.
 * Invariant: names taken from an archive are those of files inside a project's folder and nothing else; what a newer version wrote is
 * refused, never half understood.
 */
import { type Failure, type Result, fail, ok } from '../job/failure.ts';
import { checkpointFiles, trainedFiles } from './layout.ts';
import type { Project } from './project.ts';

/** What the saved file's name ends with. */
export const archiveEnding = '.splatproject.zip';
/** Raise it when an older program would misread the file. */
export const archiveVersion = 1;

export const manifestEntry = 'project.json';
export const posterEntry = 'poster';
/** What the person edited and how far they came back, sealed; on the device it is in the database. */
export const editsEntry = 'edits.bin';
const filesFolder = 'files/';

/** The format's own limit: sizes of a plain zip have 32 bits. Half a megabyte is left for names and the list. */
export const mostArchiveBytes = 2 ** 32 - 2 ** 19;
/** A manifest is text about some hundred photos; more is made to fill the memory. */
export const mostManifestBytes = 64e6;
export const mostPosterBytes = 1e6;

export interface ArchivedFile {
  /** Its name inside the project's folder. */
  name: string;
  sizeBytes: number;
}

export interface Manifest {
  /** The record as it was written; repair it before use. */
  project: unknown;
  files: ArchivedFile[];
}

/** A file of a project's folder: letters, digits, dots and dashes, beginning with none of the last two. */
export const isFileName = (name: unknown): name is string => typeof name === 'string' && /^[a-z0-9][\w.-]{0,99}$/i.test(name);

export const entryOfFile = (name: string): string => filesFolder + name;

/** Checkpoints stay: they are large and go on only on the device that made them. Of the splats written in turns the newest goes along. */
export function archivedFiles(listing: readonly ArchivedFile[], newestTrained: string | null): ArchivedFile[] {
  const stays = (name: string): boolean =>
    checkpointFiles.some((each) => each === name) ||
    (newestTrained !== null && name !== newestTrained && trainedFiles.some((each) => each === name));
  return listing.filter(({ name }) => isFileName(name) && !stays(name)).sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** The text of `project.json`. The poster is an entry of its own. */
export function manifestText(project: Project, files: readonly ArchivedFile[]): string {
  const facts = { ...project, poster: null };
  return JSON.stringify({ format: 'splat-app-project', version: archiveVersion, project: facts, files }, null, 1);
}

function filesOf(value: unknown): ArchivedFile[] | null {
  if (!Array.isArray(value)) return null;
  const files: ArchivedFile[] = [];
  const seen = new Set<string>();
  for (const each of value as Partial<ArchivedFile>[]) {
    if (!isFileName(each?.name) || !Number.isSafeInteger(each.sizeBytes) || Number(each.sizeBytes) < 0) return null;
    const lower = each.name.toLowerCase(); // Some disks take two spellings for one file.
    if (seen.has(lower)) return null;
    seen.add(lower);
    files.push({ name: each.name, sizeBytes: Number(each.sizeBytes) });
  }
  return files;
}

type Loose = Record<string, unknown>;

/** Reads `project.json`. `bad-file` for another kind of file, names that lead elsewhere, or a newer version. */
export function readManifest(text: string, archive: string): Result<Manifest> {
  const bad = (why: string): { ok: false; failure: Failure } => fail('bad-file', `${archive} ${why}.`, { file: archive });
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return bad('has a project.json that cannot be read');
  }
  if (typeof value !== 'object' || value === null || (value as Loose)['format'] !== 'splat-app-project')
    return bad('is not a project of this app');
  const { version, project, files } = value as Loose;
  if (typeof version !== 'number' || !(version >= 1)) return bad('does not say which version wrote it');
  if (version > archiveVersion)
    return bad(`was written by a newer version of this app (format ${version}, this one reads ${archiveVersion})`);
  const listed = filesOf(files);
  if (!listed) return bad('lists files that no project has');
  return ok({ project, files: listed });
}
