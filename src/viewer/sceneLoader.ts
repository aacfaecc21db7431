/**
 * Scene loader: one source at a time on its way from a URL, a file or memory to the stage.
 * Invariant: a new load ends the one before, which resolves as cancelled and hands nothing on any more.
 */
import { type Result, fail, ok } from '../core/job/failure.ts';
import type { Splats } from '../core/scene/splats.ts';
import type { DecodedScene, SplatFormat } from '../core/formats/splatStream.ts';
import { type PackedSplats, geometryWords, packSplats, shWords } from '../core/view/packedSplats.ts';
import type { Box, SceneShape } from '../core/view/splatRenderer.ts';
import { decodeSource } from './decode/decoder.ts';
import { createEarlyGiants } from './earlyGiants.ts';
import { createBoxSample } from './sampledBox.ts';
import type { LoadDetail, ProgressDetail } from './viewerEvents.ts';

/** Splats packed by the page, which may change the rows' colours, opacities and shapes in place and then ask for them to be read again. */
export interface PackedScene {
  packed: PackedSplats;
  antialiased: boolean;
}

export type SceneSource = string | Blob | { splats: Splats } | PackedScene;

export interface LoadOptions {
  /** File name of a Blob, or a name with an ending that tells more than the URL's. */
  name?: string;
  maxSplats: number | null;
  withCredentials: boolean;
}

/** Where splats go: the stage. */
export interface SceneSink {
  open(shape: SceneShape): void;
  append(batch: PackedSplats): void;
  hide(indices: Uint32Array): void;
}

export interface LoadHooks {
  /** A scene begins; what was shown before is gone. The format is null for splats that came from no file. */
  opened(shape: SceneShape, format: SplatFormat | null): void;
  /** Splats came; the box of what is there so far. Only for the first run, and at the end for all. File space. */
  boxKnown(box: Box, final: boolean): void;
  progress(detail: ProgressDetail): void;
}

export interface SceneLoader {
  /** Splats handed on so far. */
  readonly count: number;
  load(source: SceneSource, options: LoadOptions): Promise<Result<LoadDetail>>;
  cancel(): void;
  /** Puts an empty scene in the place of what is there. */
  clear(): void;
}

/** Splats packed in one go: some milliseconds, so that the page stays awake. */
const runLength = 16_384;
/** Bytes after which a file of unknown size counts as 63 % there. */
const guessedBytes = 2e7;

const shareOf = (loaded: number, total: number | null): number =>
  total ? Math.min(1, loaded / total) : 0.95 * (1 - Math.exp(-loaded / guessedBytes));

const nextTask = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));
const cancelled = () => fail('cancelled', 'Another scene was asked for.');

function shapeOf(source: { splats: Splats } | PackedScene): SceneShape {
  const { shDegree, count } = 'splats' in source ? source.splats : source.packed;
  return { shDegree, antialiased: 'splats' in source ? source.splats.antialiased : source.antialiased, capacity: count };
}

/** Splats [first, first + count) of a source at hand. */
function runOf(source: { splats: Splats } | PackedScene, first: number, count: number): PackedSplats {
  return 'splats' in source ? packSplats(source.splats, first, count) : partOf(source.packed, first, count);
}

function partOf({ shDegree, geometry, sh }: PackedSplats, first: number, count: number): PackedSplats {
  const words = shWords(shDegree);
  return {
    count,
    shDegree,
    geometry: geometry.subarray(first * geometryWords, (first + count) * geometryWords),
    sh: sh.subarray(first * words, (first + count) * words),
  };
}

export function createSceneLoader(sink: SceneSink, hooks: LoadHooks): SceneLoader {
  let run = 0;
  let count = 0;
  let stop: (() => void) | null = null;

  /** What both ways of loading hand on, silent once another load has begun. `judging`: giants are hidden as they come. */
  function gate(mine: number, judging: boolean) {
    const sample = { taken: createBoxSample(1), told: false };
    let giants = createEarlyGiants(sample.taken);
    const live = () => mine === run;
    return {
      live,
      open(shape: SceneShape, format: SplatFormat | null) {
        if (!live()) return;
        count = 0;
        sample.taken = createBoxSample(shape.capacity);
        giants = createEarlyGiants(sample.taken);
        sink.open(shape);
        hooks.opened(shape, format);
      },
      append(packed: PackedSplats) {
        if (!live() || packed.count === 0) return;
        count += packed.count;
        sample.taken.add(packed);
        const box = sample.told ? null : sample.taken.box();
        if (box) {
          sample.told = true;
          hooks.boxKnown(box, false);
        }
        sink.append(packed);
        const hidden = judging ? giants.judge(packed, count - packed.count) : null;
        if (hidden && hidden.length > 0) sink.hide(hidden);
      },
      /** The verdict of the decoder, which knows the whole scene, takes the place of the early ones. */
      hide(gigantic: Uint32Array) {
        if (gigantic.length > 0) sink.hide(gigantic);
        const back = giants.wronged(gigantic);
        if (back) sink.append(back);
      },
      end(box: Box | null) {
        const last = box ?? sample.taken.box();
        if (last) hooks.boxKnown(last, true);
      },
    };
  }

  async function decode(source: string | Blob, options: LoadOptions, mine: number): Promise<Result<DecodedScene>> {
    const to = gate(mine, true);
    const { name, maxSplats, withCredentials } = options;
    const decoding = decodeSource(
      source,
      { maxSplats, withCredentials, ...(name ? { name } : {}) },
      {
        begin: (shape, format) => to.open(shape, format),
        batch: (packed) => to.append(packed),
        progress(loadedBytes, totalBytes) {
          if (to.live()) hooks.progress({ totalProgress: shareOf(loadedBytes, totalBytes), loadedBytes, totalBytes });
        },
      },
    );
    stop = () => decoding.cancel();
    const done = await decoding.done;
    if (!to.live()) return cancelled();
    stop = null;
    if (!done.ok) return done;
    to.hide(done.value.gigantic);
    to.end(done.value.count > 0 ? done.value.box : null);
    return done;
  }

  /** Hands on splats that are at hand run by run, so that the page stays awake. */
  async function handOn(shape: SceneShape, run: (first: number, count: number) => PackedSplats, mine: number): Promise<Result<null>> {
    const to = gate(mine, false);
    to.open(shape, null);
    for (let first = 0; first < shape.capacity; first += runLength) {
      if (!to.live()) return cancelled();
      to.append(run(first, Math.min(runLength, shape.capacity - first)));
      await nextTask();
    }
    if (!to.live()) return cancelled();
    to.end(null);
    return ok(null);
  }

  const cancel = () => {
    run++;
    stop?.();
    stop = null;
  };
  return {
    get count() {
      return count;
    },
    async load(source, options) {
      cancel();
      const mine = run;
      if (typeof source === 'object' && !(source instanceof Blob)) {
        const packed = await handOn(shapeOf(source), (first, n) => runOf(source, first, n), mine);
        return packed.ok ? ok({ url: null, splats: count, warnings: [] }) : packed;
      }
      const decoded = await decode(source, options, mine);
      if (!decoded.ok) return decoded;
      const url = typeof source === 'string' ? source : (options.name ?? null);
      return ok({ url, splats: decoded.value.count - decoded.value.gigantic.length, warnings: decoded.value.warnings });
    },
    cancel,
    clear() {
      cancel();
      count = 0;
      sink.open({ shDegree: 0, antialiased: false, capacity: 1 });
    },
  };
}
