/**
 * The trainer says that it is done.
 * Invariant: a job is completed once, and only when every file is in R2 as announced; its model becomes ready in the same transaction.
 */
import type { CompleteRequest, OutputFile } from '../../src/core/job/trainerApi.ts';
import { type Cloud, frozen } from '../cloud.ts';
import { Refusal } from '../http/refusal.ts';
import { stale } from '../http/trainerAuth.ts';
import { type JobState, heldStates } from '../policy/jobMachine.ts';
import { servedKinds } from '../policy/objectKeys.ts';
import { type Job, getJob, move } from '../store/jobs.ts';
import { type ModelFileRow, filesOf, modelIdOf, readyModel } from '../store/models.ts';
import { outputProblem } from '../store/outputObjects.ts';
import { afterJobEnd } from './afterEnd.ts';
import { settleDirect } from './directOutputs.ts';

const isServed = ({ kind }: OutputFile): boolean => (servedKinds as readonly string[]).includes(kind);

async function problemOf(
  cloud: Cloud,
  modelId: string,
  rows: readonly ModelFileRow[],
  { kind, bytes, sha256 }: OutputFile,
): Promise<string | null> {
  const row = rows.find((each) => each.kind === kind);
  if (!row) return 'never announced';
  if (row.bytes !== bytes || row.sha256 !== sha256) return 'announced otherwise';
  const problem = await outputProblem(cloud.env.BUCKET, row);
  await settleDirect(cloud, modelId, row, problem);
  return problem;
}

/** @throws Refusal 422 that names the files which are not there as announced, and no other */
async function checkOutputs(cloud: Cloud, modelId: string, outputs: readonly OutputFile[]): Promise<void> {
  if (!outputs.some(isServed)) throw new Refusal(422, 'nothing-to-show', `At least one of ${servedKinds.join(', ')} is needed.`);
  const rows = await filesOf(cloud, modelId);
  const problems = await Promise.all(
    outputs.map(async (file) => {
      const problem = await problemOf(cloud, modelId, rows, file);
      return problem === null ? [] : [`${file.kind} (${problem})`];
    }),
  );
  const named = problems.flat();
  if (named.length > 0) throw new Refusal(422, 'not-as-announced', `Not there as announced: ${named.join(', ')}.`);
}

/** @throws Refusal 422; 409 when the attempt is over without this model */
export async function completeJob(cloud: Cloud, job: Job, { outputs, metrics }: CompleteRequest): Promise<void> {
  const modelId = await modelIdOf(cloud, job);
  if (modelId === null) throw stale();
  if (job.state === 'completed' && job.modelId === modelId) return;
  if (!(heldStates as readonly JobState[]).includes(job.state)) throw stale();
  await checkOutputs(cloud, modelId, outputs);
  const kinds = outputs.map(({ kind }) => kind);
  const change = { modelId, metrics: JSON.stringify(metrics), gpuSeconds: Math.ceil(metrics.gpuSeconds), failure: null };
  const moment = frozen(cloud);
  const completed = await move(moment, job, 'complete', change, readyModel(moment, job, modelId, kinds));
  if (!completed) {
    const now = await getJob(cloud.db, job.id);
    // The same call twice at once: the other one has done it.
    if (now?.state === 'completed' && now.modelId === modelId) return;
    throw stale();
  }
  await afterJobEnd(cloud, completed);
}
