/**
 * Scene flow: from "show this" to a picture, through the GPU's start, loading, failing and the loss of the device.
 * Invariant: a lost device is restored once by itself, with the same source; after that only when the person asks, or when the one before
 * had worked for a while. What is told (load, error) belongs to the latest source only, and a load that a loss interrupted ends as the
 * load that restores it does.
 */
import type { SplatFormat } from '../core/formats/splatStream.ts';
import { type Failure, type Result, fail } from '../core/job/failure.ts';
import { geometryWords } from '../core/view/packedSplats.ts';
import type { Box, SceneShape } from '../core/view/splatRenderer.ts';
import { type LoadOptions, type SceneSink, type SceneSource, createSceneLoader } from './sceneLoader.ts';
import type { Stage } from './stage.ts';
import { startFailure } from './startFailure.ts';
import type { LoadDetail, ProgressDetail } from './viewerEvents.ts';

export interface FlowHooks {
  options(): Omit<LoadOptions, 'name'>;
  /** `again`: the same scene after a loss or a reload, so the camera stays. */
  began(again: boolean): void;
  opened(shape: SceneShape, format: SplatFormat | null): void;
  boxKnown(box: Box, final: boolean, again: boolean): void;
  progress(detail: ProgressDetail): void;
  loaded(detail: LoadDetail): void;
  failed(failure: Failure): void;
  /** The device was lost and is being replaced. */
  restoring(): void;
}

/** A source on its way into another renderer. */
export interface Filling {
  done: Promise<Result<LoadDetail>>;
  /** Nothing is handed to the renderer any more; `done` is cancelled. */
  cancel(): void;
}

export interface SceneFlow {
  readonly loaded: boolean;
  readonly count: number;
  readonly shDegree: number;
  readonly failure: Failure | null;
  /** Opens what draws, once. */
  start(): Promise<Result<'webgpu' | 'webgl2'>>;
  show(source: SceneSource, name?: string): Promise<Result<LoadDetail>>;
  reload(): Promise<Result<LoadDetail>>;
  /** Puts the source into another renderer, such as a headset's. */
  fill(sink: SceneSink): Filling;
  /** Reads rows of a packed source again, which the page has changed. */
  refresh(first: number, count: number): void;
  /** Ends a load on its way; what is shown stays. */
  cancel(): void;
  /** Nothing is shown any more, and there is no source. */
  clear(): void;
  lost(reason: string): void;
}

/** A device that has shown the scene for this long is worth restoring once more. */
const healthyMs = 60_000;

/** One call of load(); `next`: what took its place after a loss, or how the loss ended. */
interface Run {
  next: Promise<Result<LoadDetail>> | null;
}

const nothingKnown = { some: false, all: false };
const noScene = () => fail('cancelled', 'There is no scene to load.');

export function createSceneFlow(stage: Stage, hooks: FlowHooks): SceneFlow {
  let current: { source: SceneSource; name?: string } | null = null;
  let starting: Promise<Result<'webgpu' | 'webgl2'>> | null = null;
  let losses = 0;
  let loaded = false;
  let loadedAtMs = 0;
  let shDegree = 0;
  let failure: Failure | null = null;
  /** Whether the current source's box was known, of its first splats and of all: until then the camera has to be framed. */
  let known = nothingKnown;
  /** The camera was framed by the whole scene before: its box moves it no more. */
  let framed = false;
  let last: ProgressDetail = { totalProgress: 0, loadedBytes: 0, totalBytes: null };
  let run: Run = { next: null };

  const loader = createSceneLoader(stage, {
    opened(shape, format) {
      shDegree = shape.shDegree;
      hooks.opened(shape, format);
    },
    boxKnown(box, final) {
      known = { some: true, all: known.all || final };
      hooks.boxKnown(box, final, framed);
    },
    progress(detail) {
      last = detail;
      hooks.progress(detail);
    },
  });

  const optionsOf = (name?: string): LoadOptions => ({ ...hooks.options(), ...(name ? { name } : {}) });

  function start(): Promise<Result<'webgpu' | 'webgl2'>> {
    if (starting) return starting;
    const mine = stage.start().catch(startFailure);
    starting = mine;
    // What failed may be tried again.
    void mine.then(({ ok }) => {
      if (!ok && starting === mine) starting = null;
    });
    return mine;
  }

  /** Ends the run before. */
  function nextRun(): Run {
    loader.cancel();
    run = { next: null };
    return run;
  }

  async function load(isAgain: boolean): Promise<Result<LoadDetail>> {
    if (!current) return noScene();
    const mine = nextRun();
    const superseded = () => mine.next ?? fail('cancelled', 'Another scene was asked for.');
    loaded = false;
    failure = null;
    framed = isAgain && known.all;
    last = { totalProgress: 0, loadedBytes: 0, totalBytes: null };
    hooks.began(isAgain && known.some);
    const started = await start();
    if (mine !== run) return superseded();
    const { source, name } = current;
    const done: Result<LoadDetail> = started.ok ? await loader.load(source, optionsOf(name)) : started;
    if (mine !== run) return superseded();
    if (done.ok) {
      loaded = true;
      loadedAtMs = performance.now();
      hooks.progress({ ...last, totalProgress: 1 });
      hooks.loaded(done.value);
    } else if (done.failure.code !== 'cancelled') {
      failure = done.failure;
      hooks.failed(done.failure);
    }
    return done;
  }

  return {
    get loaded() {
      return loaded;
    },
    get count() {
      return loader.count;
    },
    get shDegree() {
      return shDegree;
    },
    get failure() {
      return failure;
    },
    start,
    show(source, name) {
      current = { source, ...(name ? { name } : {}) };
      known = nothingKnown;
      return load(false);
    },
    reload: () => load(loaded || failure?.code === 'gpu-lost'),
    fill(sink) {
      if (!current) return { done: Promise.resolve(noScene()), cancel: () => undefined };
      const silent = { opened: () => undefined, boxKnown: () => undefined, progress: () => undefined };
      const filler = createSceneLoader(sink, silent);
      return { done: filler.load(current.source, optionsOf(current.name)), cancel: () => filler.cancel() };
    },
    refresh(first, count) {
      const source = current?.source;
      if (typeof source !== 'object' || !('packed' in source)) return;
      // What is still on its way is read as it is by then.
      const end = Math.min(first + count, loader.count);
      if (end > first) stage.rewrite(first, source.packed.geometry.subarray(first * geometryWords, end * geometryWords));
    },
    cancel: () => void nextRun(),
    clear() {
      nextRun();
      loader.clear();
      current = null;
      loaded = false;
      failure = null;
    },
    lost(reason) {
      if (loaded && performance.now() - loadedAtMs >= healthyMs) losses = 0;
      const interrupted = run;
      nextRun();
      starting = null;
      loaded = false;
      // Nothing to restore: the next source opens a device anew.
      if (!current) return;
      losses++;
      if (losses === 1) {
        hooks.restoring();
        interrupted.next = load(true);
        return;
      }
      failure = { code: 'gpu-lost', detail: `The graphics device was lost: ${reason}` };
      interrupted.next = Promise.resolve({ ok: false, failure });
      hooks.failed(failure);
    },
  };
}
