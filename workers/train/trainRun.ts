/**
 * One run in the browser: reads the files, solves the cameras where none are given, trains, draws the preview, saves. Owns the GPU device.
 * Invariant: a run ends in exactly one message, 'failed' or a 'state' that is not running; after 'failed' only saving still works.
 */
import { type Gpu, openGpu } from '../../src/core/gpu/device.ts';
import { type Failure, type Result, fail } from '../../src/core/job/failure.ts';
import type { PinholeView } from '../../src/core/scene/camera.ts';
import type { Dataset } from '../../src/core/scene/dataset.ts';
import type { Splats } from '../../src/core/scene/splats.ts';
import type { TrainFigures } from '../../src/core/job/events.ts';
import type { Emit, TrainOptions, TrainSession } from '../../src/core/train/contract.ts';
import { createTrainSession } from '../../src/core/train/session.ts';
import type { RunState, SaveFormat, StartCommand, TrainMessage } from '../protocol.ts';
import { decodePhoto } from './decodePhoto.ts';
import { PreviewLoop } from './previewLoop.ts';
import { createMessageOutlet } from './messageOutlet.ts';
import { openDataset } from './openDataset.ts';
import { type RunKeeper, openRunKeeper } from './runKeeper.ts';
import { saveSplats } from './saveSplats.ts';

/** Splats are read back this often at most, and when training rests, so that a lost GPU costs at most this much work. */
const keepEveryMs = 30_000;
/** A lost device shows in what was under way on it before the browser says so. */
const lossShowsMs = 500;
/** Keeping takes at most one part in so many of the time. */
const keepShare = 15;

const damagedCheckpoint = 'The newest kept progress was damaged; training goes on from the one before.';
const uselessCheckpoint = 'The kept progress could not be taken up; training begins anew from the placed cameras.';

export class TrainRun {
  readonly #start: StartCommand;
  readonly #post: (message: TrainMessage, transfer?: Transferable[]) => void;
  readonly #emit: Emit;
  /** Ends what comes before training. */
  readonly #abort = new AbortController();
  #gpu: Gpu | null = null;
  #session: TrainSession | null = null;
  #preview: PreviewLoop | null = null;
  #view: PinholeView | null = null;
  #figures: TrainFigures | null = null;
  #keeper: RunKeeper | null = null;
  #kept: { splats: Splats; step: number } | null = null;
  /** One at a time: two checkpoints in turns must never be written at once. */
  #keeping: Promise<void> = Promise.resolve();
  /** The step of the trained splats in the project's folder. */
  #storedStep: number | null = null;
  /** The step at which the held-out photos were scored. */
  #scoredStep: number | null = null;
  #keepTimer: ReturnType<typeof setTimeout> | null = null;
  #failed = false;
  #disposed = false;

  constructor(start: StartCommand, post: (message: TrainMessage, transfer?: Transferable[]) => void) {
    this.#start = start;
    this.#post = createMessageOutlet(post);
    this.#emit = (event) => {
      if (event.type === 'failed') return this.#fail(event.failure);
      if (event.type === 'progress' && event.figures) this.#figures = event.figures;
      this.#post({ type: 'event', event });
      if (event.type === 'progress' && event.stage === 'train') this.#preview?.betweenSubmissions();
    };
  }

  /** Reads everything, then trains to the end. */
  async begin(): Promise<void> {
    const session = await this.#open();
    if (this.#disposed || this.#failed) {
      if (session.ok) session.value.dispose();
      return;
    }
    if (!session.ok) return this.#fail(session.failure);
    this.#session = session.value;
    const { startView, focusPoint, up, gpu, photos } = session.value;
    const preview = await PreviewLoop.open(this.#start.canvas, session.value);
    if (this.#disposed || this.#failed) return preview.dispose();
    this.#preview = preview;
    if (this.#view) this.#preview.show(this.#view);
    await this.#keeper?.checkRoom(session.value);
    this.#keepLater(keepEveryMs);
    this.#post({ type: 'scene', scene: { startView, focusPoint, up, adapterName: gpu.adapterName, photos } });
    await this.#train(session.value);
  }

  show(view: PinholeView): void {
    this.#view = view;
    this.#preview?.show(view);
  }

  pause(): void {
    this.#session?.pause();
    if (this.#session?.state !== 'paused') return;
    this.#postState('paused');
    this.#preview?.wake();
    void this.#keepAtRest();
  }

  /** Goes on after a pause or a stop. */
  async resume(): Promise<void> {
    const session = this.#session;
    if (!session || this.#failed) return;
    if (session.state === 'stopped') return this.#train(session);
    this.#preview?.trainingGoesOn();
    session.resume();
    this.#postState('running');
  }

  /** Ends training and keeps the splats; before there are any it ends the run, at once. */
  stop(): void {
    if (this.#preview) return this.#session?.stop();
    this.#abort.abort();
    this.#fail({ code: 'cancelled', detail: 'There is no scene yet. Features found so far are kept for the next time.' });
  }

  /** Adds steps to a finished run and goes on. */
  async trainLonger(steps: number): Promise<void> {
    const session = this.#session;
    if (session?.state !== 'finished' || this.#failed) return;
    session.extend(steps);
    await this.#train(session);
  }

  async save(id: number, format: SaveFormat): Promise<void> {
    const splats = this.#failed ? this.#kept?.splats : await this.#session?.splats();
    const file: Result<Blob> = splats ? await saveSplats(splats, format) : fail('gpu-lost', 'There are no splats to save.');
    this.#post(file.ok ? { type: 'saved', id, file: file.value } : { type: 'save-failed', id, failure: file.failure });
  }

  /** Hands over a photo of the run; they lie on the GPU and go with it. */
  async photo(id: number, index: number): Promise<void> {
    const session = this.#failed ? null : this.#session;
    const photo = session && index in session.photos ? await session.photo(index).catch(() => null) : null;
    if (!session || !photo) {
      const { failure } = fail('gpu-lost', 'The photo cannot be read any more.');
      return this.#post({ type: 'photo-failed', id, failure });
    }
    const score = this.#scoredStep === session.step ? session.metrics().perView.find(({ name }) => name === photo.name) : null;
    this.#post({ type: 'photo', id, photo: { ...photo, psnrDb: score?.psnrDb ?? null } }, [photo.pixels.rgba.buffer]);
  }

  /** Whether the device is lost, as is known now or within a moment. */
  isLost(): Promise<boolean> {
    if (!this.#gpu) return Promise.resolve(false);
    const soon = new Promise<boolean>((resolve) => setTimeout(resolve, lossShowsMs, false));
    return Promise.race([this.#gpu.lost.then(() => true), soon]);
  }

  dispose(): void {
    this.#disposed = true;
    this.#abort.abort();
    if (this.#keepTimer !== null) clearTimeout(this.#keepTimer);
    this.#preview?.dispose();
    this.#session?.dispose();
    this.#gpu?.dispose();
  }

  async #open(): Promise<Result<TrainSession>> {
    const emit = this.#emit;
    const gpu = await openGpu(navigator.gpu);
    if (!gpu.ok) return gpu;
    this.#gpu = gpu.value;
    void gpu.value.lost.then(({ message }) => this.#fail({ code: 'gpu-lost', detail: message || 'The browser gave no reason.' }));
    const { files, options, video, projectId } = this.#start;
    const post = this.#post;
    const warn = (failure: Failure): void => emit({ type: 'warning', failure });
    this.#keeper = projectId === null ? null : await openRunKeeper(projectId, { post, warn });
    const run = { gpu: gpu.value, post, emit, signal: this.#abort.signal, keeper: this.#keeper };
    const opened = await openDataset(files, video, run);
    if (!opened.ok) return opened;
    if (this.#disposed || this.#failed) return fail('cancelled', 'The run is over.');
    const { dataset, refinement } = opened.value;
    return this.#openSession(gpu.value, dataset, { ...options, ...refinement });
  }

  /** A session that goes on from the newest checkpoint; what cannot be taken up is said, and training begins anew. */
  async #openSession(gpu: Gpu, dataset: Dataset, options: TrainOptions): Promise<Result<TrainSession>> {
    const host = { decode: decodePhoto, nowMs: () => performance.now() };
    const { bytes, damaged } = (await this.#keeper?.checkpoint()) ?? { bytes: null, damaged: 0 };
    if (bytes) {
      if (damaged > 0) this.#emit({ type: 'warning', failure: fail('bad-file', damagedCheckpoint).failure });
      const session = await createTrainSession(gpu, dataset, options, host, this.#emit, bytes);
      // A device lost or short of memory would fail the same way without it.
      if (session.ok || session.failure.code !== 'bad-file') return session;
    }
    if (bytes || damaged > 0) this.#emit({ type: 'warning', failure: fail('bad-file', uselessCheckpoint).failure });
    return createTrainSession(gpu, dataset, options, host, this.#emit);
  }

  async #train(session: TrainSession): Promise<void> {
    this.#postState('running');
    this.#preview?.trainingGoesOn();
    const result = await session.run();
    if (this.#disposed || this.#failed) return;
    if (!result.ok) return this.#fail(result.failure);
    if (result.value === 'finished' && this.#start.options.holdout > 0) await this.#score(session);
    this.#preview?.wake();
    this.#postState(result.value);
    await this.#keepAtRest();
  }

  async #score(session: TrainSession): Promise<void> {
    const scores = await session.evaluate();
    this.#scoredStep = session.step;
    const heldOutPsnrDb = session.metrics().psnrDb;
    if (!this.#figures) return;
    const views = { done: scores.length, total: scores.length, unit: 'views', secondsLeft: null } as const;
    this.#emit({ type: 'progress', stage: 'evaluate', ...views, figures: { ...this.#figures, heldOutPsnrDb } });
  }

  #keepLater(waitMs: number): void {
    this.#keepTimer = setTimeout(() => {
      const startMs = performance.now();
      void this.#keep().finally(() => {
        if (!this.#disposed && !this.#failed) this.#keepLater(Math.max(keepEveryMs, keepShare * (performance.now() - startMs)));
      });
    }, waitMs);
  }

  /** Keeps what there is, after what is being kept already. */
  #keep(): Promise<void> {
    this.#keeping = this.#keeping.then(() => this.#keepNow());
    return this.#keeping;
  }

  /** Reads the splats back, for the memory of a lost device is gone with it, and writes a checkpoint. */
  async #keepNow(): Promise<void> {
    const session = this.#session;
    if (!session || this.#failed || this.#disposed || session.step === this.#kept?.step) return;
    const { step } = session;
    const splats = await session.splats().catch(() => null);
    if (splats) this.#kept = { splats, step };
    if (splats) await this.#keeper?.keepCheckpoint(session);
  }

  /** At rest the splats are written too, as they can be viewed. */
  async #keepAtRest(): Promise<void> {
    await this.#keep();
    await this.#storeKept();
  }

  async #storeKept(): Promise<void> {
    const [kept, session] = [this.#kept, this.#session];
    if (!kept || !session || kept.step === this.#storedStep) return;
    const at = { step: kept.step, totalSteps: session.totalSteps, splats: kept.splats.count };
    if (await this.#keeper?.keepTrained(kept.splats, at)) this.#storedStep = kept.step;
  }

  #postState(state: RunState): void {
    const session = this.#session;
    if (session && !this.#failed) this.#post({ type: 'state', state, step: session.step, totalSteps: session.totalSteps });
  }

  #fail(failure: Failure): void {
    if (this.#failed || this.#disposed) return;
    this.#failed = true;
    this.#abort.abort();
    this.#preview?.dispose();
    this.#post({ type: 'failed', failure, keptStep: this.#kept?.step ?? null });
    // A lost device does not take what was read back before.
    this.#keeping = this.#keeping.then(() => this.#storeKept());
  }
}
