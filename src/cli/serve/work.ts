/**
 * Work: one job from its claim to its end: photos, engine, files, completion.
 * Invariant: the cloud is told of every end that it does not know of already, and the job's folder is kept only where another try may
 * go on from it.
 */
import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import type { JobEvent } from '../../core/job/events.ts';
import { fail } from '../../core/job/failure.ts';
import type { PullAnswer, TrainerMetrics } from '../../core/job/trainerApi.ts';
import { type EngineEnd, startEngine } from './engineRun.ts';
import { type EventSender, startEventSender } from './eventSender.ts';
import { endBy, failedBy, failedEngine, scrubbed, scrubbedEvent } from './failures.ts';
import { fetchPhotos } from './photoStore.ts';
import { createPreviews } from './previews.ts';
import { type JobClient, type Line, createJobClient, patienceMs } from './protocolClient.ts';
import { type MadeFile, makeFiles, readMetrics } from './results.ts';
import { type End, type Stopping, createStopping } from './stopping.ts';
import { trainFlags } from './trainFlags.ts';
import { namedFiles, putFiles } from './uploads.ts';
import { type JobFolder, jobFolder, prepareJobFolder, removeJobFolder } from './workFolder.ts';

export interface Workplace {
  line: Line;
  /** Folder of the worker. */
  work: string;
  /** Random for every start of the worker. */
  holder: string;
  /** Flags added to every training run. */
  trainArgs: readonly string[];
  /** The worker is to end. */
  signal: AbortSignal;
  emit(event: JobEvent): void;
  note(line: string): void;
}

interface Job extends Workplace {
  spec: PullAnswer['spec'];
  folder: JobFolder;
  client: JobClient;
  stopping: Stopping;
  sender: EventSender;
  gpuSeconds: number;
}

/** Null: the step is done. */
type StepEnd = End | null;

const mostCompletions = 3;

function tell(job: Job, event: JobEvent): void {
  job.emit(event);
  // How it ends is told by the calls made for that.
  if (event.type !== 'finished' && event.type !== 'failed') job.sender.push(scrubbedEvent(event, job.folder.path));
}

async function bringPhotos(job: Job): Promise<StepEnd | { photos: number }> {
  const { client, folder, stopping, line } = job;
  tell(job, { type: 'stage-started', stage: 'read' });
  const onProgress = (done: number, total: number): void =>
    tell(job, { type: 'progress', stage: 'read', done, total, unit: 'photos', secondsLeft: null });
  const fetched = await fetchPhotos({
    ...{ client, folder: folder.photos, onProgress, random: line.random, patienceMs, signal: stopping.signal },
  });
  if (fetched.ok) return { photos: fetched.photos };
  return 'no' in fetched ? endBy(fetched.no, 'Asking for the photos') : failedBy(fetched.failure);
}

/** Runs `splat` to its end or until the job is to stop. */
async function runEngine(job: Job, args: string[], onEvent: (event: JobEvent) => void): Promise<EngineEnd> {
  const { signal } = job.stopping;
  const engine = startEngine(args, onEvent);
  // A job that may go on later keeps what it has; of one that nobody wants nothing is kept.
  const stop = (): void => engine.stop(job.stopping.reason?.kind === 'cancelled' ? 'now' : 'save');
  if (signal.aborted) stop();
  signal.addEventListener('abort', stop);
  const end = await engine.ended;
  signal.removeEventListener('abort', stop);
  return end;
}

async function train(job: Job): Promise<StepEnd> {
  const { folder, spec, trainArgs } = job;
  const flags = trainFlags(spec, trainArgs);
  const ready = await prepareJobFolder(folder, flags);
  if (!ready.ok) return failedBy(ready.failure);
  const end = await trainOnce(job, flags);
  // A checkpoint that does not fit, for instance after its cameras were lost, is no fault of the photos: once more without it.
  const isUnfit = end.failure?.code === 'bad-file' && !job.stopping.reason && existsSync(folder.checkpoint);
  if (isUnfit) await rm(folder.checkpoint, { force: true });
  const last = isUnfit ? await trainOnce(job, flags) : end;
  if (last.exitCode === 0) return null;
  if (!job.stopping.reason && last.failure === null && last.lastWords) job.note(last.lastWords);
  return failedEngine(last);
}

/** Trains, and sends previews meanwhile. */
async function trainOnce(job: Job, flags: string[]): Promise<EngineEnd> {
  const { folder, client } = job;
  const put = async (file: MadeFile): Promise<boolean> => (await putFiles(client, [file])).ok;
  const previews = createPreviews(folder.preview, put, () => tell(job, { type: 'preview-ready' }));
  const places = [folder.photos, '--out', folder.out, '--checkpoint', folder.checkpoint, '--preview', folder.preview];
  const end = await runEngine(job, ['train', ...places, ...flags], (event) => {
    if (event.type === 'preview-ready') previews.ready();
    else tell(job, event);
  });
  job.gpuSeconds += end.seconds;
  await previews.end();
  return end;
}

async function convert(job: Job, input: string, output: string): Promise<boolean> {
  const end = await runEngine(job, ['convert', input, output], () => undefined);
  return end.exitCode === 0;
}

/** Tells that all is there, and puts again what the cloud misses. */
async function complete(job: Job, files: MadeFile[], metrics: TrainerMetrics): Promise<StepEnd> {
  const outputs = files.map(({ kind, bytes, sha256 }) => ({ kind, bytes, sha256 }));
  for (let round = 1; ; round++) {
    // A sign of life that arrives after the end would be answered as one of a stranger.
    await job.sender.pause();
    const answer = await job.client.complete({ outputs, metrics });
    if (answer.ok) return null;
    if (answer.no !== 'refused' || answer.status !== 422 || round === mostCompletions) return endBy(answer, 'The result');
    job.sender.resume();
    const put = await putFiles(job.client, namedFiles(answer.body, files));
    if (!put.ok) return endBy(put, 'An upload');
  }
}

async function bringResult(job: Job, photos: number): Promise<StepEnd> {
  const { spec, folder, client, note } = job;
  const [files, metrics] = [
    await makeFiles(spec.outputs, folder, (input, output) => convert(job, input, output), note),
    await readMetrics(folder, photos, job.gpuSeconds),
  ];
  if (job.stopping.reason) return null;
  if (!files || !metrics)
    return { kind: 'failed', failure: fail('cloud-failed', 'The engine left no whole result.').failure, retryable: true };
  const put = await putFiles(client, files);
  return put.ok ? complete(job, files, metrics) : endBy(put, 'An upload');
}

async function doSteps(job: Job): Promise<End> {
  const brought = await bringPhotos(job);
  if (job.stopping.reason) return job.stopping.reason;
  if (!brought || !('photos' in brought)) return brought ?? { kind: 'completed' };
  job.note(`${job.spec.jobId}: ${brought.photos} photos are here.`);
  const trained = await train(job);
  if (job.stopping.reason) return job.stopping.reason;
  if (trained) return trained;
  const told = await bringResult(job, brought.photos);
  return job.stopping.reason ?? told ?? { kind: 'completed' };
}

/** Tells a failure, and removes what nobody will go on from. */
async function conclude(job: Job, end: End): Promise<void> {
  if (end.kind === 'completed' || end.kind === 'cancelled') await removeJobFolder(job.folder);
  if (end.kind !== 'failed') return;
  await job.sender.pause();
  const failure = scrubbed(end.failure, job.folder.path);
  // A job that ran out of its time has stopped its own calls; this last one has a line of its own.
  const client = createJobClient(job.spec, job.line, job.signal);
  const told = await client.fail({ failure, retryable: end.retryable, gpuSeconds: job.gpuSeconds });
  if (told.ok && !told.value.willRetry) await removeJobFolder(job.folder);
}

function outOfTime(seconds: number): End {
  const detail = `It was not finished within the ${Math.round(seconds / 60)} minutes that the cloud allows.`;
  return { kind: 'failed', failure: fail('cloud-failed', detail).failure, retryable: false };
}

/** Does one job. Never throws for anything that the cloud, the engine or the disk does. */
export async function work({ spec, externalId }: PullAnswer, workplace: Workplace): Promise<End> {
  const { line, holder, signal, note } = workplace;
  const folder = jobFolder(workplace.work, spec.jobId);
  if (!folder) return { kind: 'lost', detail: `"${spec.jobId}" is no name of a job.` };
  const stopping = createStopping();
  const interrupt = (): void => stopping.stop({ kind: 'interrupted' });
  if (signal.aborted) interrupt();
  signal.addEventListener('abort', interrupt);
  const client = createJobClient(spec, line, stopping.signal);
  const claim = await client.claim(externalId, holder);
  if (!claim.ok) {
    signal.removeEventListener('abort', interrupt);
    return endBy(claim, 'The claim');
  }
  const timer = setTimeout(() => stopping.stop(outOfTime(spec.limits.maxSeconds)), 1000 * spec.limits.maxSeconds);
  const onLost = (detail: string): void => stopping.stop({ kind: 'lost', detail });
  const sender = startEventSender(
    { send: (events) => client.events(events), onCancel: () => stopping.stop({ kind: 'cancelled' }), onLost, note },
    claim.value,
  );
  const job: Job = { ...workplace, spec, folder, client, stopping, sender, gpuSeconds: 0 };
  const end = await doSteps(job);
  clearTimeout(timer);
  await conclude(job, end);
  sender.end();
  signal.removeEventListener('abort', interrupt);
  return end;
}
