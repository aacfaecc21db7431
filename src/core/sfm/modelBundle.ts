/**
 * Bundle adjustment of a scene model: all of it, or the neighbourhood of one image.
 * Invariant: poses, lenses and points of the model change only by what adjustBundle gives back; a lens that leaves what is physical returns
 * to where it was and is held from then on.
 */
import { type BundleOptions, type BundleProblem, adjustBundle } from './bundle.ts';
import { refreshExtrinsics, type SceneModel } from './sceneModel.ts';
import type { GroupLens } from './viewGraph.ts';

export type Breathe = () => Promise<void> | void;

interface Selection {
  /** Images whose poses move. */
  free: number[];
  /** Images that take part with fixed poses. */
  fixed: number[];
  /** Points that take part. */
  points: number[];
  lensFree: { focal: boolean; radial: boolean }[];
}

const focalAfterImages = 3;
const radialAfterImages = 6;

interface Build {
  problem: BundleProblem;
  images: number[];
  points: number[];
}

function build(model: SceneModel, { free, fixed, points, lensFree }: Selection): Build {
  const images = [...free, ...fixed];
  const viewOf = new Map(images.map((image, view) => [image, view]));
  const poses = new Float64Array(7 * images.length);
  images.forEach((image, view) => poses.set(model.poses.subarray(7 * image, 7 * image + 7), 7 * view));
  const xyz = new Float64Array(3 * points.length);
  const obsView: number[] = [];
  const obsPoint: number[] = [];
  const obsXY: number[] = [];
  points.forEach((id, at) => {
    const point = model.points[id]!;
    xyz.set(point.xyz, 3 * at);
    for (let k = 0; k < point.images.length; k++) {
      const view = viewOf.get(point.images[k]);
      if (view === undefined) continue;
      const { xy } = model.graph.images[point.images[k]];
      obsView.push(view);
      obsPoint.push(at);
      obsXY.push(xy[2 * point.features[k]], xy[2 * point.features[k] + 1]);
    }
  });
  const problem: BundleProblem = {
    poses,
    poseFixed: Uint8Array.from(images, (_, view) => (view < free.length ? 0 : 1)),
    lenses: model.lenses.map((lens) => ({ ...lens })),
    lensOfView: Int32Array.from(images, (image) => model.graph.images[image].group),
    lensFree,
    focalPrior: model.graph.lenses.map((start) => (start.given ? null : { f: start.f, sigmaLog: start.sigmaLogFocal })),
    points: xyz,
    obsView: Int32Array.from(obsView),
    obsPoint: Int32Array.from(obsPoint),
    obsXY: Float64Array.from(obsXY),
  };
  return { problem, images, points };
}

const isPhysical = (lens: GroupLens): boolean => {
  const longer = Math.max(lens.widthPx, lens.heightPx);
  return lens.f > 0.3 * longer && lens.f < 5 * longer && Math.abs(lens.k1) < 1 && Math.abs(lens.k2) < 1;
};

function writeBack(model: SceneModel, { problem, images, points }: Build): void {
  images.forEach((image, view) => {
    model.poses.set(problem.poses.subarray(7 * view, 7 * view + 7), 7 * image);
    refreshExtrinsics(model, image);
  });
  points.forEach((id, at) => {
    const { xyz } = model.points[id]!;
    for (let c = 0; c < 3; c++) xyz[c] = problem.points[3 * at + c];
  });
  problem.lenses.forEach((lens, group) => {
    const refined = { ...model.lenses[group], f: lens.f, k1: lens.k1, k2: lens.k2 };
    if (isPhysical(refined)) Object.assign(model.lenses[group], refined);
    else Object.assign(model.lenses[group], { ...model.graph.lenses[group], given: true });
  });
}

/** What of each lens may move, given how many images of it are placed. */
function lensFreedom(model: SceneModel): Selection['lensFree'] {
  const placed = model.lenses.map(() => 0);
  for (const image of model.order) placed[model.graph.images[image].group]++;
  const all = model.order.length;
  return model.lenses.map((lens, group) => ({
    focal: !lens.given && all >= focalAfterImages && placed[group] > 0,
    radial: !lens.given && all >= radialAfterImages && placed[group] >= 2,
  }));
}

const livePoints = (model: SceneModel): number[] => model.points.flatMap((point, id) => (point ? [id] : []));

/** Adjusts everything; the first image registered holds the frame. */
export async function adjustAll(model: SceneModel, options: BundleOptions, breathe?: Breathe): Promise<void> {
  if (model.order.length < 2 || model.livePoints === 0) return;
  const [anchor, ...free] = model.order;
  const built = build(model, { free, fixed: [anchor], points: livePoints(model), lensFree: lensFreedom(model) });
  await adjustBundle(built.problem, options, breathe);
  writeBack(model, built);
}

/** The images that share most points with one, most first. */
function neighbours(model: SceneModel, image: number, most: number): number[] {
  const shared = new Map<number, number>();
  for (const id of model.pointOf[image])
    if (id >= 0) for (const other of model.points[id]!.images) shared.set(other, (shared.get(other) ?? 0) + 1);
  shared.delete(image);
  return [...shared]
    .sort((a, b) => b[1] - a[1] || a[0] - b[0])
    .map(([other]) => other)
    .slice(0, most);
}

/**
 * Adjusts a newly placed image with its nearest neighbours and the points it sees; every other image that sees those points is held, and so
 * are the lenses.
 */
export async function adjustAround(
  model: SceneModel,
  image: number,
  size: number,
  options: BundleOptions,
  breathe?: Breathe,
): Promise<void> {
  const free = [image, ...neighbours(model, image, size - 1)].filter((each) => each !== model.order[0]);
  const isFree = new Set(free);
  const points = [...new Set(model.pointOf[image])].filter((id) => id >= 0);
  const fixed = new Set<number>();
  for (const id of points) for (const other of model.points[id]!.images) if (!isFree.has(other)) fixed.add(other);
  const lensFree = model.lenses.map(() => ({ focal: false, radial: false }));
  const built = build(model, { free, fixed: [...fixed].sort((a, b) => a - b), points, lensFree });
  await adjustBundle(built.problem, options, breathe);
  writeBack(model, built);
}
