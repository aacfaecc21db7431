/**
 * Files that a trainer puts straight into R2, because they are larger than a request to the Worker may be.
 * Invariant: the Worker has seen nothing of such a file when it is told that it is there: it counts only after its length and its hash were
 * found right, and from then on its address writes over nothing. What is not right is removed, so that it can be put again.
 */
import type { OutputFile } from '../../src/core/job/trainerApi.ts';
import type { Cloud } from '../cloud.ts';
import { type DirectBucket, directPut } from '../policy/directPut.ts';
import { mediaTypeOf } from '../policy/mediaTypes.ts';
import { modelKey } from '../policy/objectKeys.ts';
import type { Job } from '../store/jobs.ts';
import { type ModelFileRow, checkpointsBefore, filesOf, markCheckpointStored, markFileStored } from '../store/models.ts';
import { outputProblem } from '../store/outputObjects.ts';

/** The bucket's own address where this file goes to it; null where it goes through the Worker. */
export function directBucketFor({ config }: Cloud, { bytes }: Pick<OutputFile, 'bytes'>): DirectBucket | null {
  return bytes > config.tuning.directPutBytes ? config.directBucket : null;
}

/** Where such a file is put, and with which headers. */
export function directPlace(cloud: Cloud, bucket: DirectBucket, modelId: string, file: OutputFile, seconds: number) {
  const { kind, bytes, sha256 } = file;
  return directPut(bucket, { key: modelKey(modelId, kind), bytes, sha256, type: mediaTypeOf(kind) }, cloud.now(), seconds);
}

/** Removes what lies where these files are to go, unless it is known to be the very file: R2 would not take another. */
export async function makeWay(cloud: Cloud, modelId: string, files: readonly OutputFile[]): Promise<void> {
  const kinds = files.filter((file) => directBucketFor(cloud, file)).map(({ kind }) => kind);
  if (kinds.length === 0) return;
  const rows = await filesOf(cloud, modelId);
  const keys = rows.filter(({ kind, status }) => kinds.includes(kind) && status === 'waiting').map(({ objectKey }) => objectKey);
  if (keys.length > 0) await cloud.env.BUCKET.delete(keys);
}

/** Notes what was found out about a file that was put directly. @param problem as outputProblem() says */
export async function settleDirect(cloud: Cloud, modelId: string, row: ModelFileRow, problem: string | null): Promise<void> {
  if (row.status === 'stored' || !directBucketFor(cloud, row)) return;
  if (problem === null) await markFileStored(cloud, modelId, row);
  else await cloud.env.BUCKET.delete(row.objectKey);
}

/** Looks at the newest checkpoint of the attempts before this one, which ended before anybody did: it may be gone on from if it is whole. */
export async function settleCheckpoint(cloud: Cloud, job: Job): Promise<void> {
  for (const row of await checkpointsBefore(cloud, job)) {
    if (row.status === 'stored') return;
    if (!directBucketFor(cloud, row) || (await outputProblem(cloud.env.BUCKET, row)) !== null) continue;
    return markCheckpointStored(cloud, row);
  }
}
