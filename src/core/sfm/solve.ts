/**
 * Solve: photos become cameras and points. Features, pairs, geometry, mapping, tidying, in that order, as one stream of events.
 * Invariant: every photo given is either placed or named with the reason it was left out; an abort ends it between two breaths and is the
 * only thing that is thrown besides bugs.
 */
import { blurryPhotos } from '../image/sharpness.ts';
import { byCodeUnit } from '../formats/fileListing.ts';
import type { Gpu } from '../gpu/device.ts';
import { type Result, fail, ok } from '../job/failure.ts';
import type { SourceFile } from '../scene/dataset.ts';
import type { Solved, SolveEvents, SolveHost, SolveOptions } from './contract.ts';
import { mapGroups } from './mapGraph.ts';
import type { SceneModel } from './sceneModel.ts';
import { exposureWarning, leastPhotos, leftOutPhotos, type PhotoFacts, warningsOf, whyNothing } from './outcome.ts';
import { type ExportPhoto, exportObservations, exportReconstruction } from './solvedModel.ts';
import { centredPositions, type Lenses, photoScale, principalPoint, startLenses, sweepUnknown } from './solveLenses.ts';
import { guidePairs, verifyPairs } from './solveGeometry.ts';
import { matchAllPhotos, type MatchedPhotos } from './solvePairs.ts';
import { type FeatureSettings, settingsKey, type SolvePhoto, solvePhotos } from './solvePhotos.ts';
import { reportOf } from './solveReport.ts';
import { tidyFrame, upDirection } from './tidyFrame.ts';
import type { GraphEdge, ViewGraph } from './viewGraph.ts';

/** What is tried in turn while photos stay unplaced, unless the person asked for one size. */
const levels: FeatureSettings[] = [
  { maxSidePx: 1200, maxFeatures: 4096 },
  { maxSidePx: 1600, maxFeatures: 8192 },
];
/** A result that leaves out a smaller share of the photos is not tried again with more features. */
const enough = 0.9;
const snapshotMs = 250;
const breathMs = 40;
const fewestForSharpness = 20;

interface Context {
  gpu: Gpu | null;
  options: SolveOptions;
  host: SolveHost;
  events: SolveEvents;
  signal: AbortSignal | undefined;
  seconds: Record<string, number>;
  /** Lets the thread answer messages now and then; throws the signal's reason when aborted. */
  breathe(): Promise<void>;
}

function createBreath({ nowMs }: SolveHost, signal?: AbortSignal): () => Promise<void> {
  let last = nowMs();
  return async () => {
    if (nowMs() - last < breathMs) return;
    await new Promise<void>((resolve) => setTimeout(resolve, 0));
    last = nowMs();
    signal?.throwIfAborted();
  };
}

async function timed<T>({ host, seconds }: Context, name: string, run: () => Promise<T>): Promise<T> {
  const start = host.nowMs();
  try {
    return await run();
  } finally {
    seconds[name] = (seconds[name] ?? 0) + (host.nowMs() - start) / 1000;
  }
}

function exportPhotos(photos: SolvePhoto[], { groups, groupOf }: Lenses, options: SolveOptions): ExportPhoto[] {
  return photos.map((photo, i) => {
    const [cx, cy] = principalPoint(photo, groups[groupOf[i]], options);
    const { name, widthPx, heightPx, features } = photo;
    return { name, widthPx, heightPx, cx, cy, scale: photoScale(photo), colours: features.colours };
  });
}

const pairProgress = (context: Context, done: number, total: number, since: number): void => {
  const { events, host } = context;
  const spent = (host.nowMs() - since) / 1000;
  const secondsLeft = done > 0 ? (spent / done) * (total - done) : null;
  events.emit({ type: 'progress', stage: 'pairs', done: Math.floor(done), total, unit: 'pairs', secondsLeft });
};

interface Verified {
  graph: ViewGraph;
  matched: MatchedPhotos;
  lenses: Lenses;
}

/** Matches and verifies: half of a pair's progress each. */
async function findPairs(photos: SolvePhoto[], lenses: Lenses, xy: Float64Array[], key: string, context: Context): Promise<Verified> {
  const { gpu, options, host, signal, events } = context;
  const seed = options.seed ?? 0;
  events.emit({ type: 'stage-started', stage: 'pairs' });
  const since = host.nowMs();
  const matched = await timed(context, 'match', () =>
    matchAllPhotos(
      gpu,
      photos,
      { video: options.video ?? false, settingsKey: key },
      host,
      (done, total) => pairProgress(context, done / 2, total, since),
      signal,
    ),
  );
  await timed(context, 'focal', () => sweepUnknown(lenses, matched.pairs, xy, seed, context.breathe));
  const { lenses: byGroup, groupOf } = lenses;
  let done = 0;
  const half = matched.tried / 2;
  const share = half / Math.max(1, matched.pairs.length);
  const geometry = await timed(context, 'verify', () =>
    verifyPairs(
      matched.pairs,
      xy,
      (i) => byGroup[groupOf[i]],
      seed,
      host,
      (n) => pairProgress(context, half + share * (done += n), matched.tried, since),
      signal,
    ),
  );
  const verified = matched.pairs.map((pair, k) => ({ ...pair, geometry: geometry[k] })).filter((pair) => pair.geometry.kind !== 'none');
  const guided = await timed(context, 'verify', () => guidePairs(verified, photos, xy, (i) => byGroup[groupOf[i]], seed, host, signal));
  const edges = guided.map(({ i, j, matches, geometry: found }): GraphEdge => {
    const kept = Uint32Array.from([...found.inliers].flatMap((m) => [matches[2 * m], matches[2 * m + 1]]));
    return { i, j, matches: kept, geometry: found };
  });
  const images = photos.map(({ name, features }, i) => ({
    ...{ name, group: groupOf[i], count: features.count, xy: xy[i] },
    ...{ widthPx: features.widthPx, heightPx: features.heightPx },
  }));
  return { graph: { images, edges, lenses: byGroup }, matched, lenses };
}

function createSnapshots(context: Context, exported: ExportPhoto[]): (model: SceneModel) => void {
  const { events, host } = context;
  const total = exported.length;
  let [last, most] = [-Infinity, -1];
  const started = host.nowMs();
  return (model) => {
    const now = host.nowMs();
    // A mapping begun anew starts small; the count shown is the best so far.
    if (model.order.length > most) {
      most = model.order.length;
      const secondsLeft = most > 3 ? ((now - started) / 1000 / most) * (total - most) : null;
      events.emit({ type: 'progress', stage: 'cameras', done: most, total, unit: 'cameras', secondsLeft });
    }
    if (!events.onSnapshot || now - last < snapshotMs) return;
    last = now;
    events.onSnapshot({ reconstruction: exportReconstruction(model, exported).reconstruction, photos: total, up: upDirection(model) });
  };
}

function factsOf(photos: SolvePhoto[], [model, ...others]: SceneModel[]): PhotoFacts[] {
  // A photo with next to nothing on it is not blurred but plain.
  const blurry = blurryPhotos(photos.map(({ sharpness, features }) => (features.count >= fewestForSharpness ? sharpness : NaN)));
  return photos.map(({ name, unreadable, features }, i) => ({
    ...{ name, unreadable, features: features.count, blurry: blurry[i] },
    placed: model?.registered[i] === 1,
    elsewhere: others.some(({ registered }) => registered[i] === 1),
  }));
}

function finish(photos: SolvePhoto[], verified: Verified, models: SceneModel[], exported: ExportPhoto[], context: Context): Solved {
  const { edges } = verified.graph;
  const [model] = models;
  const facts = factsOf(photos, models);
  const leftOut = leftOutPhotos(facts, edges, verified.matched.most);
  const groups = models.map(({ order }) => [...order].sort((a, b) => a - b).map((i) => photos[i].name));
  const up = tidyFrame(model);
  const made = exportReconstruction(model, exported);
  const report = reportOf({
    photos,
    ...verified,
    model,
    exported,
    made,
    leftOut,
    groups,
    seconds: context.seconds,
    adapter: context.gpu?.adapterName ?? null,
  });
  context.events.onSnapshot?.({ reconstruction: made.reconstruction, photos: photos.length, up });
  return {
    reconstruction: made.reconstruction,
    observations: exportObservations(model, exported, made),
    up,
    warnings: [...warningsOf(leftOut, photos.length, groups), ...exposureWarning(report.exposureSpread)],
    report,
  };
}

/**
 * Solves the cameras of photos. Fails with `too-few-photos`, `low-texture`, `blurry`, `no-baseline`, `unplaceable` or `cancelled`; what
 * leaves photos out succeeds with `partial` and `split` among the warnings. Photos are taken in name order.
 */
export async function solve(
  gpu: Gpu | null,
  files: SourceFile[],
  options: SolveOptions,
  host: SolveHost,
  events: SolveEvents,
  signal?: AbortSignal,
): Promise<Result<Solved>> {
  const context: Context = { gpu, options, host, events, signal, seconds: {}, breathe: createBreath(host, signal) };
  try {
    return await solveFiles(
      [...files].sort((a, b) => byCodeUnit(a.path, b.path)),
      context,
    );
  } catch (error) {
    if (signal?.aborted) return fail('cancelled', 'Solving was stopped.');
    throw error;
  }
}

/** Would more features help? Not where the photos, or how they were taken, are the reason. */
const mayGain = (result: Result<Solved>, photos: number): boolean =>
  result.ok
    ? result.value.report.registered < enough * photos
    : result.failure.code === 'unplaceable' || result.failure.code === 'low-texture';

const placedIn = (result: Result<Solved>): number => (result.ok ? result.value.report.registered : 0);

async function solveFiles(files: SourceFile[], context: Context): Promise<Result<Solved>> {
  if (files.length < leastPhotos)
    return fail('too-few-photos', `There are ${files.length} photos; at least ${leastPhotos} are needed, and 20 or more are better.`);
  const { widthPx, features } = context.options;
  const [usual, finer] = levels;
  const asked = widthPx !== undefined || features !== undefined;
  const first = await solveAt(files, { maxSidePx: widthPx ?? usual.maxSidePx, maxFeatures: features ?? usual.maxFeatures }, context);
  if (asked || !mayGain(first, files.length)) return first;
  const second = await solveAt(files, finer, context);
  return placedIn(second) > placedIn(first) ? second : first;
}

async function solveAt(files: SourceFile[], settings: FeatureSettings, context: Context): Promise<Result<Solved>> {
  const { gpu, options, host, events, signal } = context;
  events.emit({ type: 'stage-started', stage: 'features' });
  const photos = await timed(context, 'features', () => solvePhotos(gpu, files, settings, host, events, signal));
  if (photos.filter(({ unreadable }) => unreadable === null).length < leastPhotos) return whyNothing(factsOf(photos, []), []);
  const lenses = startLenses(photos, options);
  const exported = exportPhotos(photos, lenses, options);
  const xy = photos.map((photo, i) => centredPositions(photo, principalPoint(photo, lenses.groups[lenses.groupOf[i]], options)));
  const verified = await findPairs(photos, lenses, xy, settingsKey(settings), context);
  events.emit({ type: 'stage-started', stage: 'cameras' });
  const onProgress = createSnapshots(context, exported);
  const models = await timed(context, 'map', () =>
    mapGroups(verified.graph, { seed: options.seed ?? 0, breathe: context.breathe, onProgress }),
  );
  if (models.length === 0) return whyNothing(factsOf(photos, []), verified.graph.edges);
  return ok(finish(photos, verified, models, exported, context));
}
