/**
 * splat train: a dataset, photos or a video on disk become OUT/scene.ply and OUT/metrics.json.
 * Invariant: once training has begun, every way out except a failed run leaves scene.ply, metrics.json and the checkpoint behind.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { writePly } from '../../core/formats/ply.ts';
import type { Gpu } from '../../core/gpu/device.ts';
import type { JobEvent } from '../../core/job/events.ts';
import { type Result, fail, ok } from '../../core/job/failure.ts';
import type { Dataset } from '../../core/scene/dataset.ts';
import type { Solved } from '../../core/sfm/contract.ts';
import { refinementOf, solvedDataset } from '../../core/sfm/solvedDataset.ts';
import type { TrainMetrics, TrainOptions, TrainSession } from '../../core/train/contract.ts';
import { createTrainSession } from '../../core/train/session.ts';
import type { TrainCommand } from '../args.ts';
import { decodeImage } from '../images.ts';
import { solveOnce } from '../keptSolve.ts';
import { readWhole } from '../inputFiles.ts';
import { openNodeGpu } from '../nodeGpu.ts';
import { formatBytes, formatCount } from '../numbersInWords.ts';
import { openTrainInput } from '../openDataset.ts';
import { makeFolder, refusePhotoFolder, writeWhole } from '../outputFiles.ts';
import { createPictureWriter } from '../pictures.ts';
import type { PhotoSource } from '../photoSource.ts';
import { programVersion } from '../programVersion.ts';
import { runSolve, tellSolved } from '../runSolve.ts';
import { writeSolved } from '../solveFiles.ts';
import { choresOf, startKeeper } from '../trainKeeper.ts';
import type { Ending, World } from '../world.ts';

interface Run {
  command: TrainCommand;
  session: TrainSession;
  world: World;
  /** Seconds of the stages that the session does not see. */
  seconds: Record<string, number>;
}

const stopping = 'Stopping as soon as the work under way is done; Ctrl-C again leaves at once.';

/** Thrown through the session's callbacks to end what has no stop() of its own; caught in this file. */
const interruption = new Error('The person wishes to stop.');

const nowMs = (): number => performance.now();
const secondsSince = (startMs: number): number => (nowMs() - startMs) / 1000;

/** The file's bytes; undefined when there is no such file yet. */
async function readCheckpoint(path: string | undefined): Promise<Result<Uint8Array | undefined>> {
  return path !== undefined && existsSync(path) ? readWhole(path) : ok(undefined);
}

/** What training starts from: a dataset with poses, or photos whose cameras have to be found first. */
type Prepared = { dataset: Dataset } | { photos: PhotoSource };

/** Reads what is there and makes sure that what comes out can be written, before any time is spent on solving or training. */
async function prepare(command: TrainCommand, { reporter }: World, signal: AbortSignal): Promise<Result<Prepared>> {
  const folder = await makeFolder(command.out);
  if (!folder.ok) return folder;
  reporter.emit({ type: 'stage-started', stage: 'read' });
  const opened = await openTrainInput(command, { emit: reporter.emit, signal });
  if (!opened.ok) return opened;
  for (const picturesTo of command.renders ? ['renders', 'photos'] : []) {
    const free = await refusePhotoFolder(join(command.out, picturesTo), opened.value.photoPaths);
    if (!free.ok) return free;
  }
  return opened;
}

/** Finds the cameras of photos without poses and keeps them beside the result. */
async function solved(
  gpu: Gpu,
  source: PhotoSource,
  command: TrainCommand,
  world: World,
  signal: AbortSignal,
): Promise<Result<{ dataset: Dataset; command: TrainCommand }>> {
  const { seed } = command.options;
  const options = { seed, ...(source.video && { video: true }) };
  const cache = join(command.out, 'cache');
  // A run that may be taken up again keeps its cameras too: the checkpoint is of these very points.
  const solve = (): Promise<Result<Solved>> => runSolve(gpu, source, options, cache, world, signal);
  const found = await (command.checkpoint === undefined ? solve() : solveOnce(cache, source.photos, options, solve));
  if (!found.ok) return found;
  const saved = await writeSolved(command.out, found.value, options);
  if (!saved.ok) return saved;
  tellSolved(found.value, world);
  return ok({ dataset: solvedDataset(found.value, source.photos), command: refining(command, refinementOf(found.value)) });
}

/** What solved photos want refined, unless the person says otherwise. */
const refining = (command: TrainCommand, wanted: Pick<TrainOptions, 'refinePoses' | 'refineExposure'>): TrainCommand => ({
  ...command,
  options: { ...wanted, ...command.options },
});

async function saveScene({ command, session, world }: Run): Promise<Result<void>> {
  world.reporter.emit({ type: 'stage-started', stage: 'save' });
  const scene = await writeWhole(join(command.out, 'scene.ply'), writePly(await session.splats()));
  if (command.checkpoint === undefined) return scene;
  const checkpoint = await writeWhole(command.checkpoint, await session.checkpoint());
  return scene.ok ? checkpoint : scene;
}

function metricsOf({ session, seconds }: Run): TrainMetrics {
  const metrics = session.metrics();
  return { ...metrics, secondsByStage: { ...seconds, ...metrics.secondsByStage } };
}

const saveMetrics = (run: Run): Promise<Result<void>> =>
  writeWhole(join(run.command.out, 'metrics.json'), `${JSON.stringify({ version: programVersion, ...metricsOf(run) }, null, 2)}\n`);

/** Scores the held-out views and, when asked, writes each render and its photo. */
async function evaluate({ command, session, world }: Run): Promise<Result<void>> {
  if (session.metrics().heldOutViews === 0) return ok(undefined);
  const [renders, photos] = ['renders', 'photos'].map((name) => createPictureWriter(join(command.out, name)));
  let written: Result<void> = ok(undefined);
  await session.evaluate(async ({ name, render, photo }) => {
    if (world.interrupts.requested) throw interruption;
    if (!command.renders || !written.ok) return;
    written = await renders(name, render);
    if (written.ok) written = await photos(name, photo);
  });
  return written;
}

/** Once more the metrics, now with the scores, and the result in words. */
async function finish(run: Run): Promise<Result<void>> {
  const { command, session } = run;
  const { reporter } = run.world;
  const saved = await saveMetrics(run);
  if (!saved.ok) return saved;
  const { splats, steps, psnrDb, ssim, heldOutViews, peakGpuBytes } = session.metrics();
  reporter.result(`Saved ${join(command.out, 'scene.ply')}: ${formatCount(splats)} splats after ${formatCount(steps)} steps.`);
  if (psnrDb !== null && ssim !== null) {
    reporter.result(`Held out: PSNR ${psnrDb.toFixed(2)} dB, SSIM ${ssim.toFixed(4)} (${heldOutViews} photos).`);
  }
  reporter.result(`Most GPU memory in use at a time: ${formatBytes(peakGpuBytes)}.`);
  return ok(undefined);
}

/** Trains and saves; 'interrupted' when the person wished to stop before the end. */
async function trainAndSave(run: Run): Promise<Result<Ending>> {
  const { session, world } = run;
  world.interrupts.onRequest(() => {
    world.reporter.note(stopping);
    session.stop();
  });
  const keeper = startKeeper(choresOf(session, run.command), () => session.step, world.reporter.emit);
  const outcome = await session.run();
  await keeper.end();
  if (!outcome.ok) return outcome;
  const startMs = nowMs();
  const saved = await saveScene(run);
  if (!saved.ok) return saved;
  run.seconds['save'] = secondsSince(startMs);
  const kept = await saveMetrics(run);
  if (!kept.ok) return kept;
  return ok(outcome.value === 'stopped' || world.interrupts.requested ? 'interrupted' : 'done');
}

function tellStopped({ reporter }: World, detail: string): void {
  reporter.emit({ type: 'warning', failure: { code: 'cancelled', detail } });
}

/** 'interrupted' when the person wished to stop before all views were scored. */
async function score(run: Run): Promise<Result<Ending>> {
  try {
    const scored = await evaluate(run);
    return scored.ok ? ok('done') : scored;
  } catch (error) {
    if (error !== interruption) throw error;
    tellStopped(run.world, 'Stopped while scoring; the splat was saved without its scores.');
    return ok('interrupted');
  }
}

async function runAndScore(run: Run): Promise<Result<Ending>> {
  const { session, world } = run;
  const trained = await trainAndSave(run);
  if (!trained.ok) return trained;
  if (trained.value === 'interrupted') {
    tellStopped(world, `Stopped after step ${formatCount(session.step)} of ${formatCount(session.totalSteps)}; what there is was saved.`);
  }
  const ending = trained.value === 'interrupted' ? trained : await score(run);
  if (!ending.ok) return ending;
  const finished = await finish(run);
  return finished.ok ? ending : finished;
}

const nothingToKeep = fail('cancelled', 'Stopped before training began; there was nothing to save yet.');

/** Opens the session; a wish to stop is noticed with the next event, or when the session is there. */
async function openSession(gpu: Gpu, dataset: Dataset, command: TrainCommand, world: World): Promise<Result<TrainSession>> {
  const checkpoint = await readCheckpoint(command.checkpoint);
  if (!checkpoint.ok) return checkpoint;
  const host = { decode: decodeImage, nowMs };
  let opening = true;
  const emit = (event: JobEvent): void => {
    world.reporter.emit(event);
    if (opening && world.interrupts.requested) throw interruption;
  };
  try {
    const session = await createTrainSession(gpu, dataset, command.options, host, emit, checkpoint.value);
    opening = false;
    if (!session.ok || !world.interrupts.requested) return session;
    session.value.dispose();
    return nothingToKeep;
  } catch (error) {
    if (error === interruption) return nothingToKeep;
    throw error;
  }
}

/** A checkpoint brings its own number of steps; a larger one asked for means to train longer. */
async function trainOn(gpu: Gpu, dataset: Dataset, command: TrainCommand, world: World, seconds: Run['seconds']): Promise<Result<Ending>> {
  world.reporter.note(`Adapter: ${gpu.adapterName}`);
  const opened = await openSession(gpu, dataset, command, world);
  if (!opened.ok) return opened;
  const session = opened.value;
  const moreSteps = (command.options.steps ?? 0) - session.totalSteps;
  if (moreSteps > 0) session.extend(moreSteps);
  try {
    return await runAndScore({ command, session, world, seconds });
  } finally {
    session.dispose();
  }
}

/** Runs the command. Fails with whatever reading, solving, training or saving fails with. */
export async function train(command: TrainCommand, world: World): Promise<Result<Ending>> {
  const startMs = nowMs();
  const abort = new AbortController();
  world.interrupts.onRequest(() => {
    world.reporter.note(stopping);
    abort.abort();
  });
  const prepared = await prepare(command, world, abort.signal);
  if (!prepared.ok) return prepared;
  const seconds: Run['seconds'] = { read: secondsSince(startMs) };
  const gpu = await openNodeGpu();
  if (!gpu.ok) return gpu;
  try {
    if ('dataset' in prepared.value) return await trainOn(gpu.value, prepared.value.dataset, command, world, seconds);
    const solveMs = nowMs();
    const found = await solved(gpu.value, prepared.value.photos, command, world, abort.signal);
    seconds['solve'] = secondsSince(solveMs);
    return found.ok ? await trainOn(gpu.value, found.value.dataset, found.value.command, world, seconds) : found;
  } finally {
    gpu.value.dispose();
  }
}
