/**
 * Work folder: where a job's photos and results lie while it is computed.
 * Invariant: a job's folder is inside the worker's, whatever the server calls the job; a checkpoint is only gone on from by the run that
 * wrote it.
 */
import { mkdir, readFile, readdir, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { type Result, fail, ok } from '../../core/job/failure.ts';
import { fileFailure } from '../fileFailure.ts';
import { writeWhole } from '../outputFiles.ts';
import { programVersion } from '../programVersion.ts';

export interface JobFolder {
  path: string;
  photos: string;
  out: string;
  checkpoint: string;
  preview: string;
}

/** A job that was left in the middle and did not come back for so long will not. */
const staleMs = 24 * 3600 * 1000;

const isPlainName = (text: string): boolean => /^[A-Za-z0-9_-]{1,80}$/.test(text);

/** The places of a job. Null for a name that is none of a folder. */
export function jobFolder(work: string, jobId: string): JobFolder | null {
  if (!isPlainName(jobId)) return null;
  const path = join(work, jobId);
  const out = join(path, 'out');
  return { path, photos: join(path, 'photos'), out, checkpoint: join(out, 'checkpoint.bin'), preview: join(out, 'preview.splat') };
}

/** Makes the worker's folder, which nobody else may read: it holds people's photos. */
export async function makeWorkFolder(work: string): Promise<Result<void>> {
  try {
    await mkdir(work, { recursive: true, mode: 0o700 });
    return ok(undefined);
  } catch (error) {
    return { ok: false, failure: fileFailure(error, 'write', work) };
  }
}

/** Makes a job's folder ready for a run with these flags; a checkpoint of another version or of other flags goes. */
export async function prepareJobFolder(folder: JobFolder, trainFlags: readonly string[]): Promise<Result<void>> {
  const run = JSON.stringify({ version: programVersion, trainFlags });
  const file = join(folder.path, 'run.json');
  try {
    await mkdir(folder.out, { recursive: true });
    const before = await readFile(file, 'utf8').catch(() => null);
    if (before !== run) await rm(folder.checkpoint, { force: true });
    const now = new Date();
    await utimes(folder.path, now, now);
  } catch (error) {
    return { ok: false, failure: fileFailure(error, 'write', folder.path) };
  }
  return writeWhole(file, run);
}

export async function removeJobFolder(folder: JobFolder): Promise<void> {
  await rm(folder.path, { recursive: true, force: true, maxRetries: 3 }).catch(() => undefined);
}

/** Removes folders of jobs that were left in the middle and did not come back. Gives back how many. */
export async function removeStale(work: string, nowMs: number): Promise<number> {
  let removed = 0;
  for (const name of await readdir(work).catch(() => [])) {
    const folder = jobFolder(work, name);
    const info = folder && (await stat(folder.path).catch(() => null));
    if (!folder || !info?.isDirectory() || nowMs - info.mtimeMs < staleMs) continue;
    await removeJobFolder(folder);
    removed++;
  }
  return removed;
}

/** The worker's token. `bad-file` when there is none in the file. */
export async function readToken(path: string): Promise<Result<string>> {
  try {
    const token = (await readFile(path, 'utf8')).trim();
    return token === '' ? fail('bad-file', `${path} is empty; it should hold the worker token.`, { file: path }) : ok(token);
  } catch (error) {
    return { ok: false, failure: fileFailure(error, 'read', path) };
  }
}
