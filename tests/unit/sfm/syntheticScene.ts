/**
 * Made-up photos of a made-up scene as a view graph, with the truth beside it; for the tests of tracks, models and mapping.
 * Invariant: projections are computed here from poses and the RADIAL model's definition, not by the code under test; seeded.
 */
import { permutation, createRandom } from '../../../src/core/math/random.ts';
import { type Vector3, matrixOfQuaternion, quaternionOfMatrix, rotateVector } from '../../../src/core/math/rotation.ts';
import type { Pose } from '../../../src/core/scene/camera.ts';
import { addPoint, createSceneModel, register, type SceneModel } from '../../../src/core/sfm/sceneModel.ts';
import { buildTracks } from '../../../src/core/sfm/tracks.ts';
import type { PairGeometry } from '../../../src/core/sfm/pairGeometry.ts';
import type { GraphEdge, GroupLens, ViewGraph } from '../../../src/core/sfm/viewGraph.ts';
import { createDraw } from './synthetic.ts';

export interface Place {
  at: Vector3;
  /** The side from which it is seen. */
  facing: Vector3;
}

export const unit = (v: Vector3): Vector3 => v.map((x) => x / Math.hypot(...v)) as Vector3;
export const cross = (a: ArrayLike<number>, b: ArrayLike<number>): Vector3 => [
  a[1] * b[2] - a[2] * b[1],
  a[2] * b[0] - a[0] * b[2],
  a[0] * b[1] - a[1] * b[0],
];
export const dot = (a: ArrayLike<number>, b: ArrayLike<number>): number => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
const minus = (a: Vector3, b: Vector3): Vector3 => [a[0] - b[0], a[1] - b[1], a[2] - b[2]];

/** A camera at `eye` that looks at `target`; gravity is +y. `rollDeg` turns it about its own axis. */
export function lookAt(eye: Vector3, target: Vector3, rollDeg = 0): Pose {
  const z = unit(minus(target, eye));
  const level = unit(cross([0, 1, 0], z));
  const down = cross(z, level);
  const [c, s] = [Math.cos((rollDeg / 180) * Math.PI), Math.sin((rollDeg / 180) * Math.PI)];
  const x = level.map((v, k) => c * v + s * down[k]);
  const y = level.map((v, k) => c * down[k] - s * v);
  const m = [...x, ...y, ...z];
  const t = rotateVector(m, eye);
  return { q: quaternionOfMatrix(m)!, t: [-t[0], -t[1], -t[2]] };
}

export interface OrbitOptions {
  radius?: number;
  sweepDeg?: number;
  centre?: Vector3;
  rollDeg?: number;
  /** Random share of the radius that cameras are off the circle. */
  jitter?: number;
  seed?: number;
}

/** Cameras on a circle, a little above what they look at. */
export function orbit(n: number, options: OrbitOptions = {}): Pose[] {
  const { radius = 4, sweepDeg = 360, centre = [0, 0, 0], rollDeg = 0, jitter = 0.05, seed = 1 } = options;
  const draw = createDraw(seed);
  const off = (): number => jitter * radius * draw.normal();
  return Array.from({ length: n }, (_, k) => {
    const angle = ((sweepDeg / 180) * Math.PI * k) / n;
    const eye: Vector3 = [
      centre[0] + radius * Math.sin(angle) + off(),
      centre[1] - 0.3 * radius + off(),
      centre[2] - radius * Math.cos(angle) + off(),
    ];
    const target: Vector3 = [centre[0] + off(), centre[1] + off(), centre[2] + off()];
    return lookAt(eye, target, rollDeg * draw.uniform(-1, 1));
  });
}

/** Points all over a ball of radius 1.2, each seen from one side. */
export function cloud(m: number, { centre = [0, 0, 0] as Vector3, seed = 2 } = {}): Place[] {
  const draw = createDraw(seed);
  return Array.from({ length: m }, () => {
    const at = unit([draw.normal(), draw.normal(), draw.normal()]).map((x) => 1.2 * x * Math.cbrt(draw.uniform(0, 1)));
    const facing = unit([draw.normal(), 0.4 * draw.normal() - 0.3, draw.normal()]);
    return { at: [at[0] + centre[0], at[1] + centre[1], at[2] + centre[2]], facing };
  });
}

/** Points of one slanted plane before the cameras at -z. */
export function plane(m: number, seed = 2): Place[] {
  const draw = createDraw(seed);
  return Array.from({ length: m }, () => {
    const [x, y] = [draw.uniform(-1.5, 1.5), draw.uniform(-1.2, 1.2)];
    return { at: [x, y, 0.3 * x - 0.2 * y], facing: [0, 0, -1] };
  });
}

export const groupLens = (changes: Partial<GroupLens> = {}): GroupLens => ({
  ...{ widthPx: 1000, heightPx: 750, f: 800, aspect: 1, cx: 0, cy: 0, k1: 0, k2: 0, given: false, sigmaLogFocal: 0.1 },
  ...changes,
});

export interface SceneOptions {
  lens?: GroupLens;
  /** What mapping is told of the lens. */
  start?: Partial<GroupLens>;
  noisePx?: number;
  /** Wrong matches among all matches of a pair. */
  outliers?: number;
  /** Features that show nothing anyone else sees, as a share of the others. */
  clutter?: number;
  kind?: PairGeometry['kind'];
  /** Nothing further is seen. */
  reach?: number;
  leastMatches?: number;
  seed?: number;
}

export interface SyntheticGraph {
  graph: ViewGraph;
  poses: Pose[];
  places: Place[];
  lens: GroupLens;
  /** By image: the place of each feature, -1 for clutter. */
  placeOf: Int32Array[];
}

const inCamera = ({ q, t }: Pose, at: Vector3): Vector3 => rotateVector(matrixOfQuaternion(q), at).map((x, k) => x + t[k]) as Vector3;

export const centreOfPose = ({ q, t }: Pose): Vector3 => {
  const m = matrixOfQuaternion(q);
  return [0, 1, 2].map((c) => -(m[c] * t[0] + m[3 + c] * t[1] + m[6 + c] * t[2])) as Vector3;
};

/** Where a place appears, px from the principal point; null when it is not in the picture. */
export function project(lens: GroupLens, pose: Pose, { at, facing }: Place, reach: number): [number, number] | null {
  const towards = unit(minus(centreOfPose(pose), at));
  const [x, y, z] = inCamera(pose, at);
  if (dot(towards, facing) < 0.35 || z < 0.1 || z > reach) return null;
  const [a, b] = [x / z, y / z];
  const r2 = a * a + b * b;
  const radial = 1 + lens.k1 * r2 + lens.k2 * r2 * r2;
  const [u, v] = [lens.f * radial * a, lens.f * lens.aspect * radial * b];
  return Math.abs(u) < lens.widthPx / 2 && Math.abs(v) < lens.heightPx / 2 ? [u, v] : null;
}

/** Pose of b relative to a. */
export function relative(a: Pose, b: Pose): Pick<PairGeometry, 'rotation' | 'translation'> {
  const [p, q] = [matrixOfQuaternion(a.q), matrixOfQuaternion(b.q)];
  const rotation = [0, 1, 2].flatMap((r) =>
    [0, 1, 2].map((c) => dot([q[3 * r], q[3 * r + 1], q[3 * r + 2]], [p[3 * c], p[3 * c + 1], p[3 * c + 2]])),
  );
  const moved = rotateVector(rotation, a.t);
  const t: Vector3 = [b.t[0] - moved[0], b.t[1] - moved[1], b.t[2] - moved[2]];
  return { rotation, translation: Math.hypot(...t) > 1e-9 ? unit(t) : [0, 0, 0] };
}

export function geometryOf(a: Pose, b: Pose, seen: Place[], kind: PairGeometry['kind']): PairGeometry {
  const [ca, cb] = [centreOfPose(a), centreOfPose(b)];
  const angles = seen.map(({ at }) => Math.acos(Math.min(1, dot(unit(minus(ca, at)), unit(minus(cb, at)))))).sort((x, y) => x - y);
  return {
    ...{ kind, ...relative(a, b), inliers: Uint32Array.from(seen, (_, k) => k), essentialInliers: seen.length },
    homographyInliers: Math.round((kind === 'general' ? 0.3 : 1) * seen.length),
    medianAngleDeg: kind === 'rotation' || seen.length === 0 ? 0 : (angles[angles.length >> 1] * 180) / Math.PI,
  };
}

/** What each camera sees of each place, in random order, with clutter among it. */
function photograph(poses: Pose[], places: Place[], lens: GroupLens, { noisePx = 0.5, clutter = 0.2, reach = 12, seed = 3 }: SceneOptions) {
  const draw = createDraw(seed);
  return poses.map((pose, i) => {
    const seen: { place: number; xy: [number, number] }[] = [];
    places.forEach((each, place) => {
      const xy = project(lens, pose, each, reach);
      if (xy) seen.push({ place, xy: [xy[0] + noisePx * draw.normal(), xy[1] + noisePx * draw.normal()] });
    });
    for (let k = Math.round(clutter * seen.length); k > 0; k--)
      seen.push({ place: -1, xy: [(draw.uniform(-1, 1) * lens.widthPx) / 2, (draw.uniform(-1, 1) * lens.heightPx) / 2] });
    const order = permutation(seen.length, createRandom(seed + 1000 + i));
    return Array.from(order, (k) => seen[k]);
  });
}

export function sceneOf(poses: Pose[], places: Place[], options: SceneOptions = {}): SyntheticGraph {
  const { lens = groupLens(), start = {}, outliers = 0.1, kind = 'general', leastMatches = 20, seed = 3 } = options;
  const photos = photograph(poses, places, lens, options);
  const placeOf = photos.map((photo) => Int32Array.from(photo, ({ place }) => place));
  const images = photos.map((photo, i) => ({
    ...{ name: `${String(i).padStart(3, '0')}.jpg`, group: 0, widthPx: lens.widthPx, heightPx: lens.heightPx, count: photo.length },
    xy: Float64Array.from(photo.flatMap(({ xy }) => xy)),
  }));
  const random = createRandom(seed + 7);
  const edges: GraphEdge[] = [];
  for (let i = 0; i < poses.length; i++)
    for (let j = i + 1; j < poses.length; j++) {
      const right = matchesOf(placeOf[i], placeOf[j]);
      if (right.length < leastMatches) continue;
      const matches = [...right, ...wrongMatches(right, images[i].count, images[j].count, outliers, random)];
      const seen = right.map(([a]) => places[placeOf[i][a]]);
      edges.push({ i, j, matches: Uint32Array.from(matches.flat()), geometry: geometryOf(poses[i], poses[j], seen, kind) });
    }
  return { graph: { images, edges, lenses: [{ ...lens, ...start }] }, poses, places, lens, placeOf };
}

/** Features of two photos that show one place, or a place and its double. */
export function matchesOf(a: Int32Array, b: Int32Array, double: (place: number) => number = (place) => place): [number, number][] {
  const of = new Map(Array.from(b, (place, feature) => [place, feature]));
  return Array.from(a, (place, feature): [number, number] => [feature, place < 0 ? -1 : (of.get(double(place)) ?? -1)]).filter(
    ([, f]) => f >= 0,
  );
}

/** Matches at random of features that have no match yet. */
function wrongMatches(right: [number, number][], na: number, nb: number, share: number, random: () => number): [number, number][] {
  const free = (n: number, side: 0 | 1): number[] => {
    const used = new Set(right.map((pair) => pair[side]));
    const left = Array.from({ length: n }, (_, k) => k).filter((k) => !used.has(k));
    return Array.from(permutation(left.length, random), (k) => left[k]);
  };
  const [a, b] = [free(na, 0), free(nb, 1)];
  const n = Math.min(a.length, b.length, Math.round((right.length * share) / (1 - share)));
  return Array.from({ length: n }, (_, k) => [a[k], b[k]]);
}

/** The model as it would be if everything had gone right. */
export function trueModel({ graph, poses, places, placeOf }: SyntheticGraph): SceneModel {
  const tracks = buildTracks(graph);
  const model = createSceneModel(graph, tracks);
  poses.forEach((pose, image) => register(model, image, pose));
  for (let track = 0; track < tracks.count; track++) {
    const [from, to] = [tracks.start[track], tracks.start[track + 1]];
    const [images, features] = [[...tracks.image.subarray(from, to)], [...tracks.feature.subarray(from, to)]];
    const place = placeOf[images[0]][features[0]];
    addPoint(model, track, [...places[place].at], images, features);
  }
  return model;
}
