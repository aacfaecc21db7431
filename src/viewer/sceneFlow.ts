/**
 * Scene flow: from "show this" to a picture, through the GPU's start, loading, failing and the loss of the device.
 * Invariant: a lost device is restored once by itself, with the same source; after that only when the person asks. What is told (load,
 * error) belongs to the latest source only.
 */
import type { SplatFormat } from '../core/formats/splatStream.ts';
import { type Failure, type Result, fail } from '../core/job/failure.ts';
import type { Box, SceneShape } from '../core/view/splatRenderer.ts';
import { type LoadOptions, type SceneSink, type SceneSource, createSceneLoader } from './sceneLoader.ts';
import type { Stage } from './stage.ts';
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
  fill(sink: SceneSink): Promise<Result<LoadDetail>>;
  /** Ends a load on its way; what is shown stays. */
  cancel(): void;
  /** Nothing is shown any more. */
  clear(): void;
  lost(reason: string): void;
}

export function createSceneFlow(stage: Stage, hooks: FlowHooks): SceneFlow {
  let current: { source: SceneSource; name?: string } | null = null;
  let starting: Promise<Result<'webgpu' | 'webgl2'>> | null = null;
  let losses = 0;
  let loaded = false;
  let shDegree = 0;
  let failure: Failure | null = null;
  let again = false;
  let last: ProgressDetail = { totalProgress: 0, loadedBytes: 0, totalBytes: null };
  let asked = 0;

  const loader = createSceneLoader(stage, {
    opened(shape, format) {
      shDegree = shape.shDegree;
      hooks.opened(shape, format);
    },
    boxKnown: (box, final) => hooks.boxKnown(box, final, again),
    progress(detail) {
      last = detail;
      hooks.progress(detail);
    },
  });

  const optionsOf = (name?: string): LoadOptions => ({ ...hooks.options(), ...(name ? { name } : {}) });
  /** Drivers refuse in many ways; each means that nothing can draw. */
  const refused = (error: unknown) => fail('gpu-missing', `The graphics device could not be used: ${String(error)}`);
  const start = () => (starting ??= stage.start().catch(refused));

  async function load(): Promise<Result<LoadDetail>> {
    if (!current) return fail('cancelled', 'There is no scene to load.');
    const mine = ++asked;
    loader.cancel();
    loaded = false;
    failure = null;
    last = { totalProgress: 0, loadedBytes: 0, totalBytes: null };
    hooks.began(again);
    const started = await start();
    if (!started.ok) starting = null;
    const superseded = () => fail('cancelled', 'Another scene was asked for.');
    if (mine !== asked) return superseded();
    const { source, name } = current;
    const done: Result<LoadDetail> = started.ok ? await loader.load(source, optionsOf(name)) : started;
    if (mine !== asked) return superseded();
    if (done.ok) {
      loaded = true;
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
      again = false;
      return load();
    },
    reload() {
      again = loaded || failure?.code === 'gpu-lost';
      return load();
    },
    async fill(sink) {
      if (!current) return fail('cancelled', 'There is no scene to load.');
      const silent = { opened: () => undefined, boxKnown: () => undefined, progress: () => undefined };
      return createSceneLoader(sink, silent).load(current.source, optionsOf(current.name));
    },
    cancel() {
      asked++;
      loader.cancel();
    },
    clear() {
      asked++;
      loader.clear();
      current = null;
      loaded = false;
    },
    lost(reason) {
      asked++;
      loader.cancel();
      starting = null;
      losses++;
      if (losses === 1) {
        again = true;
        hooks.restoring();
        void load();
        return;
      }
      loaded = false;
      failure = { code: 'gpu-lost', detail: `The graphics device was lost: ${reason}` };
      hooks.failed(failure);
    },
  };
}
