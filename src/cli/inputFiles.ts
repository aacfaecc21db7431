/** Input files: a file's bytes as a Result. */
import { readFile } from 'node:fs/promises';
import { type Result, ok } from '../core/job/failure.ts';
import { fileFailure } from './fileFailure.ts';

/** All bytes of a file. Fails with `bad-file`, naming it. */
export async function readWhole(path: string): Promise<Result<Uint8Array>> {
  try {
    return ok(new Uint8Array(await readFile(path)));
  } catch (error) {
    return { ok: false, failure: fileFailure(error, 'read', path) };
  }
}
