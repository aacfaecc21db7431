/** File failure: an error of Node's file system as a Failure that names the path. */
import type { Failure } from '../core/job/failure.ts';

const fullCodes = ['ENOSPC', 'EDQUOT'];

const reasons: Record<string, string> = {
  ENOENT: 'it does not exist',
  EACCES: 'access is denied',
  EPERM: 'access is denied',
  EROFS: 'the disk is read-only',
  EISDIR: 'it is a folder',
  ENOTDIR: 'part of its path is a file, not a folder',
  EEXIST: 'a file of that name is in the way',
  ELOOP: 'its links go round in a circle',
  ENAMETOOLONG: 'the name is too long',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
};

/** `storage-full` when the disk is full, else `bad-file`. An error that is not the file system's is a bug and is thrown on. */
export function fileFailure(error: unknown, doing: 'read' | 'write', path: string): Failure {
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') throw error;
  const code = fullCodes.includes(error.code) ? 'storage-full' : 'bad-file';
  return { code, detail: `Cannot ${doing} ${path}: ${reasons[error.code] ?? error.message}.`, file: path };
}
