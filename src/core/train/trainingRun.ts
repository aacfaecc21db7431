/**
 * Training run: the loop of one session: steps, refinement, figures, scores, preview.
 * Invariant: the splats after step n depend on the dataset, the options and n alone: not on pauses, batch sizes or the preview.
 */
import type { Gpu } from '../gpu/device.ts';
import { type Failure, type Result, fail, ok } from '../job/failure.ts';
import { viewAt } from '../image/undistort.ts';
import { createRandom } from '../math/random.ts';
import { type Preview, createPreview } from '../raster/preview.ts';
import { readSplats } from '../raster/splatBuffers.ts';
import { type StepConstants, renderConstants } from '../raster/stepConstants.ts';
import type { PinholeView, View } from '../scene/camera.ts';
import type { Pixels } from '../scene/dataset.ts';
import { type CheckpointState, checkpointParts, joined } from './checkpoint.ts';
import type { HeldOutView, RunPhoto, SeenPhoto, TrainMetrics, TrainSession } from './contract.ts';
import { maxBatch } from './engine.ts';
import { type Figures, createFigures } from './figures.ts';
import { readPhoto, scoreView } from './heldOut.ts';
import { createPacing } from './pacing.ts';
import { maxSlots } from './plan.ts';
import { countAt, createViewOrder, levelAt, ratesAt, refinesAt, shDegreeAt, viewRatesAt } from './schedule.ts';
import type { Setup } from './setup.ts';
import { type ViewRefinement, readCorrections, summarise } from './viewFigures.ts';
import { correctedPose } from './viewStates.ts';

export class TrainingRun implements TrainSession {
  readonly gpu: Gpu;
  readonly startView: PinholeView;
  readonly focusPoint: [number, number, number];
  readonly up: [number, number, number];
  readonly photos: readonly RunPhoto[];
  totalSteps: number;
  step = 0;
  state: TrainSession['state'] = 'ready';
  private readonly setup: Setup;
  private count: number;
  private readonly viewOf: (step: number) => number;
  private readonly figures: Figures;
  private preview: Promise<Preview> | null = null;
  private readyPreview: Preview | null = null;
  private wake: (() => void) | null = null;
  private scores: Omit<HeldOutView, 'render' | 'photo'>[] = [];
  private refinement: ViewRefinement = { poseRefinement: null, exposureRefinement: null };
  private lostReason: string | null = null;

  constructor(setup: Setup) {
    this.setup = setup;
    this.gpu = setup.gpu;
    this.count = setup.startCount;
    this.totalSteps = setup.plan.steps;
    const first = setup.views[setup.trained[0]];
    this.startView = viewAt(first.levels[0], first.view.pose);
    this.focusPoint = setup.frame.focus;
    this.up = setup.frame.up;
    this.photos = setup.views.map(({ view }, i) => ({ name: view.photoName, heldOut: setup.heldOut.includes(i) }));
    this.viewOf = createViewOrder(setup.trained.length, setup.options.seed);
    this.figures = createFigures(setup.gpu);
    void setup.gpu.lost.then((info) => {
      this.lostReason = info.message || info.reason;
      this.wake?.();
    });
  }

  /** Takes over a checkpoint's state; `bad-file` when its buffers are not this run's. */
  async restore(state: CheckpointState): Promise<Result<void>> {
    const { engine } = this.setup;
    const fits = this.stateBuffers().every((buffer, i) => buffer.size === state.buffers[i]?.length);
    if (!fits) return fail('bad-file', 'The checkpoint was made with other settings or on a device with more room.');
    this.step = state.step;
    this.count = state.count;
    this.setup.startCount = state.startCount;
    this.totalSteps = state.totalSteps;
    if (state.slotCapacity > engine.raster.options.slotCapacity) await engine.resizeSlots(state.slotCapacity);
    engine.setCount(state.count);
    this.stateBuffers().forEach((buffer, i) => this.gpu.device.queue.writeBuffer(buffer, 0, state.buffers[i]));
    return ok(undefined);
  }

  private stateBuffers(): GPUBuffer[] {
    const { splats, moments, tally, raster, views } = this.setup.engine;
    return [splats.geometry, splats.sh, moments.geometry, moments.sh, tally.scores, raster.counters, ...(views ? [views.states] : [])];
  }

  private constantsFor(view: PinholeView, step: number): StepConstants {
    const { hyper, plan, frame, options } = this.setup;
    return {
      ...renderConstants,
      ...ratesAt(hyper, step, this.totalSteps, frame.extent),
      view,
      near: frame.near,
      tile: plan.raster.tile,
      count: this.count,
      shDegree: shDegreeAt(hyper, step, this.totalSteps, plan.shDegree),
      step,
      seed: options.seed,
      antialiased: plan.antialiased,
      slotCapacity: plan.raster.slotCapacity,
      noise: hyper.noise * hyper.lrMean * hyper.lrMeanFinal ** (step / this.totalSteps),
      opacityDecay: hyper.opacityDecay,
      scaleDecay: hyper.scaleDecay,
      ssimWeight: hyper.ssimWeight,
    };
  }

  private stepAt(step: number) {
    const { views, trained, hyper, frame } = this.setup;
    const viewSlot = this.viewOf(step);
    const index = trained[viewSlot];
    const { levels, view } = views[index];
    const level = levels[levelAt(hyper, step, this.totalSteps, Math.min(levels[0].widthPx, levels[0].heightPx))];
    const learnt = {
      ...viewRatesAt(hyper, step, this.totalSteps),
      viewSlot,
      poseLength: frame.extent,
      posePull: hyper.posePull,
      exposurePull: hyper.exposurePull,
    };
    return { constants: { ...this.constantsFor(viewAt(level, view.pose), step), ...learnt, photoOffset: level.offset }, photo: index };
  }

  /** Steps up to the next boundary at which something other than a step has to happen. */
  private untilBoundary(): number {
    const every = this.setup.hyper.refineEvery;
    return Math.min(this.totalSteps - this.step, every - (this.step % every));
  }

  async run(): Promise<Result<'finished' | 'stopped'>> {
    const { engine, emit, host, hyper } = this.setup;
    const pacing = createPacing(maxBatch);
    const { queue } = this.gpu.device;
    const started = host.nowMs();
    this.state = 'running';
    emit({ type: 'stage-started', stage: 'train' });
    let last = host.nowMs();
    while (this.step < this.totalSteps && this.is('running', 'paused')) {
      if (this.is('paused')) {
        await new Promise<void>((resolve) => (this.wake = resolve));
        last = host.nowMs();
        continue;
      }
      const n = Math.min(pacing.batch, this.untilBoundary());
      const steps = Array.from({ length: n }, (_, k) => this.stepAt(this.step + 1 + k));
      engine.submit(steps);
      this.step += n;
      if (refinesAt(hyper, this.step, this.totalSteps)) this.refine();
      if (this.step % hyper.refineEvery === 0 || this.step === this.totalSteps) await this.growSlots();
      await Promise.race([queue.onSubmittedWorkDone(), this.gpu.lost]);
      if (this.lostReason !== null) return this.failed(fail('gpu-lost', `The GPU was lost at step ${this.step}: ${this.lostReason}`));
      const now = host.nowMs();
      pacing.took(n, now - last);
      last = now;
      this.report(steps.at(-1)!.constants, pacing.msPerStep ?? 0);
    }
    this.setup.seconds.train = (this.setup.seconds.train ?? 0) + (host.nowMs() - started) / 1000;
    const finished = this.step >= this.totalSteps;
    this.state = finished ? 'finished' : 'stopped';
    await this.figures.settle();
    await this.readRefinement();
    return ok(finished ? 'finished' : 'stopped');
  }

  private async readRefinement(): Promise<void> {
    const { views } = this.setup.engine;
    try {
      this.refinement = summarise(views, await readCorrections(this.gpu, views));
    } catch {
      // The device was lost or the session disposed meanwhile: the last figures stay.
    }
  }

  /** Keeps the compiler from narrowing `state`, which changes while run() awaits. */
  private is(...states: TrainSession['state'][]): boolean {
    return states.includes(this.state);
  }

  private failed(failure: { ok: false; failure: Failure }): { ok: false; failure: Failure } {
    this.state = 'failed';
    return failure;
  }

  private refine(): void {
    const { hyper, engine, options, plan, startCount } = this.setup;
    const wanted = Math.max(this.count, countAt(hyper, this.step, this.totalSteps, startCount, plan.maxSplats));
    engine.submitRefine({
      count: this.count,
      wanted,
      jitter: createRandom(options.seed + this.step)(),
      scoreScale: 2 ** 31 / (plan.raster.maxPixels * hyper.refineEvery),
      deadOpacity: hyper.deadOpacity,
    });
    this.count = wanted;
  }

  /**
   * Looks how many slots were asked for since the last look and makes room; true when something was not drawn and now would be. Waits
   * for the GPU, once in `refineEvery` steps: read with a lag, the step at which the room grows would depend on timing.
   */
  private async growSlots(): Promise<boolean> {
    const { engine, emit } = this.setup;
    const peak = await engine.takeSlotPeak();
    const { slotCapacity } = engine.raster.options;
    if (peak <= 0.9 * slotCapacity) return false;
    const larger = Math.min(Math.ceil(peak * 1.5), maxSlots(this.gpu));
    if (peak > slotCapacity) {
      const detail = `${peak} splat-tile pairs were needed, ${slotCapacity} had room; ${larger > slotCapacity ? 'the room was enlarged' : 'the rest was not drawn'}.`;
      emit({ type: 'warning', failure: { code: 'out-of-memory', detail } });
    }
    if (larger > slotCapacity) await engine.resizeSlots(larger);
    return peak > slotCapacity && larger > slotCapacity;
  }

  private report(constants: StepConstants, msPerStep: number): void {
    const { engine, emit } = this.setup;
    this.figures.sample(engine.tally.ring, this.step);
    const { lossMean, psnrDb } = this.figures.latest(this.setup.hyper.ssimWeight);
    emit({
      type: 'progress',
      stage: 'train',
      done: this.step,
      total: this.totalSteps,
      unit: 'steps',
      secondsLeft: ((this.totalSteps - this.step) * msPerStep) / 1000,
      figures: {
        splats: this.count,
        widthPx: constants.view.widthPx,
        heightPx: constants.view.heightPx,
        loss: lossMean,
        trainPsnrDb: psnrDb,
        heldOutPsnrDb: this.scores.length > 0 ? mean(this.scores.map((score) => score.psnrDb)) : null,
        stepsPerSecond: msPerStep > 0 ? 1000 / msPerStep : 0,
      },
    });
  }

  pause(): void {
    if (this.is('running')) this.state = 'paused';
  }

  resume(): void {
    if (this.is('paused')) this.state = 'running';
    this.wake?.();
  }

  stop(): void {
    if (this.is('running', 'paused')) this.state = 'stopped';
    this.wake?.();
  }

  extend(moreSteps: number): void {
    this.totalSteps += moreSteps;
  }

  async evaluate(onView?: (view: HeldOutView) => void | Promise<void>): Promise<Omit<HeldOutView, 'render' | 'photo'>[]> {
    const { engine, views, heldOut, emit, host, seconds } = this.setup;
    const started = host.nowMs();
    emit({ type: 'stage-started', stage: 'evaluate' });
    const scores: Omit<HeldOutView, 'render' | 'photo'>[] = [];
    for (const index of heldOut) {
      const { levels, view } = views[index];
      const constants = this.constantsFor(viewAt(levels[0], view.pose), Math.max(1, this.step));
      do engine.submitView({ ...constants, shDegree: this.setup.plan.shDegree }, index);
      while (await this.growSlots());
      const scored = await scoreView(this.gpu, engine.raster.image, views[index]);
      await onView?.(scored);
      scores.push({ name: scored.name, psnrDb: scored.psnrDb, ssim: scored.ssim });
      emit({ type: 'progress', stage: 'evaluate', done: scores.length, total: heldOut.length, unit: 'views', secondsLeft: null });
    }
    this.scores = scores;
    seconds.evaluate = (seconds.evaluate ?? 0) + (host.nowMs() - started) / 1000;
    return scores;
  }

  private previewRenderer(): Promise<Preview> {
    const { splats } = this.setup.engine;
    this.preview ??= createPreview(this.gpu, splats).then((preview) => (this.readyPreview = preview));
    return this.preview;
  }

  private previewSettings() {
    const { plan, frame } = this.setup;
    return { count: this.count, near: frame.near, shDegree: plan.shDegree, antialiased: plan.antialiased };
  }

  async render(view: PinholeView): Promise<Pixels> {
    return (await this.previewRenderer()).render(view, this.previewSettings());
  }

  draw(view: PinholeView, target: GPUTexture): void {
    if (this.readyPreview) this.readyPreview.draw(view, this.previewSettings(), target);
    else void this.previewRenderer();
  }

  async refinedPoses(): Promise<View[]> {
    const { engine, views, trained } = this.setup;
    const refined = views.map(({ view }) => view);
    const corrections = engine.views?.refinesPoses ? await readCorrections(this.gpu, engine.views) : [];
    corrections.forEach((correction, slot) => {
      const { view } = views[trained[slot]];
      refined[trained[slot]] = { ...view, pose: correctedPose(view.pose, correction) };
    });
    return refined;
  }

  async photo(index: number): Promise<SeenPhoto> {
    const loaded = this.setup.views[index];
    const poses = await this.refinedPoses();
    const pixels = await readPhoto(this.gpu, loaded);
    return { ...this.photos[index], view: viewAt(loaded.levels[0], poses[index].pose), pixels };
  }

  splats() {
    return readSplats(this.gpu, this.setup.engine.splats, this.count, this.setup.plan.antialiased);
  }

  checkpointParts(): Promise<Uint8Array[]> {
    const { dataset, options, startCount, engine, plan } = this.setup;
    const { step, count, totalSteps } = this;
    const { slotCapacity } = engine.raster.options;
    return checkpointParts(
      this.gpu,
      dataset,
      options,
      { step, count, startCount, totalSteps, slotCapacity, maxSplats: plan.maxSplats, widthPx: plan.widthPx, shDegree: plan.shDegree },
      this.stateBuffers(),
    );
  }

  async checkpoint(): Promise<Uint8Array> {
    return joined(await this.checkpointParts());
  }

  get checkpointBytes(): number {
    return this.stateBuffers().reduce((sum, { size }) => sum + size, 0);
  }

  metrics(): TrainMetrics {
    const { dataset, options, plan, trained, heldOut, seconds } = this.setup;
    const [largest] = plan.levels[0];
    return {
      data: dataset.source,
      widthPx: largest.widthPx,
      heightPx: largest.heightPx,
      trainViews: trained.length,
      heldOutViews: heldOut.length,
      splats: this.count,
      shDegree: plan.shDegree,
      steps: this.step,
      seed: options.seed,
      adapter: this.gpu.adapterName,
      secondsByStage: { ...seconds },
      plannedBytes: plan.bytes,
      peakGpuBytes: this.gpu.memory.peakBytes,
      psnrDb: this.scores.length > 0 ? mean(this.scores.map((score) => score.psnrDb)) : null,
      ssim: this.scores.length > 0 ? mean(this.scores.map((score) => score.ssim)) : null,
      perView: this.scores,
      ...this.refinement,
    };
  }

  dispose(): void {
    this.stop();
    this.readyPreview?.dispose();
    this.figures.dispose();
    this.setup.engine.dispose();
  }
}

const mean = (values: number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
