/**
 * Where a trainer puts its files.
 * Invariant: a file is taken only while its attempt is held, only of the length and hash that were announced, and under a name made here.
 */
import type { OutputFile, OutputsAnswer } from '../../src/core/job/trainerApi.ts';
import type { Cloud } from '../cloud.ts';
import { Refusal } from '../http/refusal.ts';
import { fileAddresses } from '../policy/fileTicket.ts';
import { mediaTypeOf } from '../policy/mediaTypes.ts';
import { maxOutputBytes } from '../policy/outputLimits.ts';
import type { Job } from '../store/jobs.ts';
import { announceFiles, announcedFile, dropLateFile, markFileStored } from '../store/models.ts';
import { storeOutput } from '../store/outputObjects.ts';
import { directBucketFor, directPlace, makeWay } from './directOutputs.ts';

/** A large file over a slow line. */
const putMs = 3 * 3_600_000;

/** Notes the files and says where each goes. @throws Refusal 413 for one that is larger than its kind may be */
export async function outputPlaces(cloud: Cloud, job: Job, modelId: string, outputs: readonly OutputFile[]): Promise<OutputsAnswer> {
  const large = outputs.find(({ kind, bytes }) => bytes > maxOutputBytes[kind]);
  if (large) throw new Refusal(413, 'too-large', `A ${large.kind} may have at most ${maxOutputBytes[large.kind]} bytes.`);
  await announceFiles(cloud, modelId, outputs);
  await makeWay(cloud, modelId, outputs);
  const urlOf = await fileAddresses(cloud.env, job.apiBase, cloud.now() + putMs);
  const places = outputs.map(async (file) => {
    const bucket = directBucketFor(cloud, file);
    if (bucket) return { kind: file.kind, ...(await directPlace(cloud, bucket, modelId, file, putMs / 1000)) };
    const url = await urlOf({ jobId: job.id, attempt: job.attempt, what: 'output', ...file });
    return { kind: file.kind, url, headers: { 'content-type': mediaTypeOf(file.kind) } };
  });
  return { outputs: await Promise.all(places) };
}

const overMessage = 'The file came too late: its attempt is over, or another file was announced in its place.';

/**
 * Takes the bytes of a file whose address was checked.
 * @throws Refusal 403 when it is not wanted (any more), 400 and 422 when it is not the one that was announced
 */
export async function takeOutput(
  cloud: Cloud,
  at: Pick<Job, 'id' | 'attempt'>,
  { kind, bytes, sha256 }: OutputFile,
  body: ReadableStream<Uint8Array>,
): Promise<void> {
  const file = await announcedFile(cloud, at, kind);
  if (!file || file.bytes !== bytes || file.sha256 !== sha256) throw new Refusal(403, 'not-wanted', overMessage);
  if (file.status === 'stored') return body.cancel();
  const outcome = await storeOutput(cloud.env.BUCKET, { ...file, type: mediaTypeOf(kind) }, body);
  if (outcome === 'wrong-length') throw new Refusal(400, outcome, `The body does not have the ${bytes} bytes that were announced.`);
  if (outcome === 'wrong-hash') throw new Refusal(422, outcome, 'The SHA-256 of the body is not the one that was announced.');
  if (await markFileStored(cloud, file.modelId, file)) return;
  await dropLateFile(cloud, file.modelId, kind);
  throw new Refusal(403, 'not-wanted', overMessage);
}
