/**
 * Rotation averaging: one rotation per photo that agrees best with the relative rotations of the pairs, and the pairs that contradict it.
 * Chatterjee and Govindu 2013: L1 by iteratively reweighted least squares, then Geman-McClure, on the tangent space; used as a filter
 * against pairs that matched a repeated structure.
 * Invariant: edges are only judged within a connected component, against the consensus of that component.
 */
import { multiplyMatrices, transposeMatrix } from '../math/rotation.ts';
import type { GraphEdge } from './viewGraph.ts';
import { matchCount } from './viewGraph.ts';

const l1Rounds = 8;
const robustRounds = 30;
const sigmaRad = (5 / 180) * Math.PI;
/** Three pairs that come round to within this agree. */
const loopRad = (10 / 180) * Math.PI;
/** A pair's say does not grow beyond this many matches. */
const mostSay = 200;

type Matrix = Float64Array | number[];

/** Rotation vector of a rotation matrix; exact enough at both ends (angle near 0 and near pi). */
export function rotationVector(m: Matrix): [number, number, number] {
  const axis = [m[7] - m[5], m[2] - m[6], m[3] - m[1]];
  const sine = Math.hypot(axis[0], axis[1], axis[2]) / 2;
  const cosine = (m[0] + m[4] + m[8] - 1) / 2;
  const angle = Math.atan2(sine, cosine);
  if (sine > 1e-6) {
    const scale = angle / (2 * sine);
    return [axis[0] * scale, axis[1] * scale, axis[2] * scale];
  }
  if (cosine > 0) return [axis[0] / 2, axis[1] / 2, axis[2] / 2];
  // Half a turn: the axis is the largest column of (R + I).
  const diagonal = [m[0], m[4], m[8]];
  const c = diagonal.indexOf(Math.max(...diagonal));
  const column = [m[c], m[3 + c], m[6 + c]];
  column[c] += 1;
  const length = Math.hypot(column[0], column[1], column[2]);
  return [(column[0] / length) * angle, (column[1] / length) * angle, (column[2] / length) * angle];
}

/** Rotation matrix of a rotation vector (Rodrigues). */
export function rotationOfVector(x: number, y: number, z: number): number[] {
  const angle = Math.hypot(x, y, z);
  const a = angle < 1e-8 ? 1 : Math.sin(angle) / angle;
  const b = angle < 1e-8 ? 0.5 : (1 - Math.cos(angle)) / (angle * angle);
  return [
    ...[1 - b * (y * y + z * z), b * x * y - a * z, b * x * z + a * y],
    ...[b * x * y + a * z, 1 - b * (x * x + z * z), b * y * z - a * x],
    ...[b * x * z - a * y, b * y * z + a * x, 1 - b * (x * x + y * y)],
  ];
}

/** By edge: how many third photos confirm it, the ways round by them coming out the same. */
function loopSupport(imageCount: number, edges: GraphEdge[]): Uint32Array {
  const across = Array.from({ length: imageCount }, () => new Map<number, number>());
  edges.forEach(({ i, j }, e) => {
    across[i].set(j, e);
    across[j].set(i, e);
  });
  const along = (e: number, from: number): Matrix =>
    edges[e].i === from ? edges[e].geometry.rotation : transposeMatrix(edges[e].geometry.rotation);
  return Uint32Array.from(edges, ({ i, j, geometry }) => {
    let support = 0;
    for (const [k, first] of across[i]) {
      const second = across[k].get(j);
      if (second === undefined) continue;
      const loop = multiplyMatrices(transposeMatrix(geometry.rotation), multiplyMatrices(along(second, k), along(first, i)));
      if (Math.hypot(...rotationVector(loop)) < loopRad) support++;
    }
    return support;
  });
}

/** Rotations along the spanning forest of the pairs that most others confirm: one wrong pair in it would take all behind it along. */
function spanningRotations(imageCount: number, edges: GraphEdge[]): { rotations: number[][]; component: Int32Array } {
  const rotations = Array.from({ length: imageCount }, () => [1, 0, 0, 0, 1, 0, 0, 0, 1]);
  const component = Int32Array.from({ length: imageCount }, (_, i) => i);
  const members = Array.from({ length: imageCount }, (_, i) => [i]);
  const support = loopSupport(imageCount, edges);
  const order = Array.from(edges, (_, e) => e).sort(
    (a, b) => support[b] - support[a] || matchCount(edges[b]) - matchCount(edges[a]) || a - b,
  );
  for (const e of order) {
    const { i, j, geometry } = edges[e];
    const [ci, cj] = [component[i], component[j]];
    if (ci === cj) continue;
    // Turn the smaller component so that R_j = R_ij R_i holds.
    const moveJ = members[cj].length <= members[ci].length;
    const wanted = moveJ
      ? multiplyMatrices(geometry.rotation, rotations[i])
      : multiplyMatrices(transposeMatrix(geometry.rotation), rotations[j]);
    const turn = multiplyMatrices(transposeMatrix(moveJ ? rotations[j] : rotations[i]), wanted);
    const [from, into] = moveJ ? [cj, ci] : [ci, cj];
    for (const member of members[from]) {
      rotations[member] = multiplyMatrices(rotations[member], turn);
      component[member] = into;
      members[into].push(member);
    }
    members[from] = [];
  }
  return { rotations, component };
}

/** Solves the weighted graph Laplacian L w = b for three right sides by conjugate gradients; the mean of each component is free. */
function solveLaplacian(n: number, edges: GraphEdge[], weights: Float64Array, errors: Float64Array): Float64Array {
  const x = new Float64Array(3 * n);
  const r = new Float64Array(3 * n);
  edges.forEach(({ i, j }, e) => {
    for (let c = 0; c < 3; c++) {
      r[3 * j + c] += weights[e] * errors[3 * e + c];
      r[3 * i + c] -= weights[e] * errors[3 * e + c];
    }
  });
  const p = r.slice();
  const q = new Float64Array(3 * n);
  let norm = r.reduce((sum, v) => sum + v * v, 0);
  const enough = norm * 1e-20;
  for (let step = 0; step < 4 * n + 20 && norm > enough && norm > 1e-30; step++) {
    q.fill(0);
    edges.forEach(({ i, j }, e) => {
      for (let c = 0; c < 3; c++) {
        const d = weights[e] * (p[3 * j + c] - p[3 * i + c]);
        q[3 * j + c] += d;
        q[3 * i + c] -= d;
      }
    });
    let curvature = 0;
    for (let k = 0; k < q.length; k++) curvature += p[k] * q[k];
    if (!(curvature > 0)) break;
    const alpha = norm / curvature;
    for (let k = 0; k < x.length; k++) {
      x[k] += alpha * p[k];
      r[k] -= alpha * q[k];
    }
    const next = r.reduce((sum, v) => sum + v * v, 0);
    for (let k = 0; k < p.length; k++) p[k] = r[k] + (next / norm) * p[k];
    norm = next;
  }
  return x;
}

export interface AveragedRotations {
  /** By image, row-major world-to-camera; each component has its own world. */
  rotations: number[][];
  /** By edge: angle between the pair's rotation and the consensus, radians. */
  residuals: Float64Array;
}

/** Averages the relative rotations of all edges. */
export function averageRotations(imageCount: number, edges: GraphEdge[]): AveragedRotations {
  const { rotations } = spanningRotations(imageCount, edges);
  const errors = new Float64Array(3 * edges.length);
  const residuals = new Float64Array(edges.length);
  const weights = new Float64Array(edges.length);
  const measure = (): void =>
    edges.forEach(({ i, j, geometry }, e) => {
      const error = rotationVector(multiplyMatrices(transposeMatrix(rotations[j]), multiplyMatrices(geometry.rotation, rotations[i])));
      errors.set(error, 3 * e);
      residuals[e] = Math.hypot(...error);
    });
  measure();
  for (let round = 0; round < l1Rounds + robustRounds; round++) {
    edges.forEach((edge, e) => {
      const say = Math.min(matchCount(edge), mostSay) / mostSay;
      // The floor falls slowly: the pairs of the forest begin at zero, and weights of 1 / 0 would hold them there.
      const robust = round < l1Rounds ? 1 / Math.max(residuals[e], 2 ** -round) : (sigmaRad / (sigmaRad ** 2 + residuals[e] ** 2)) ** 2;
      weights[e] = say * robust;
    });
    const step = solveLaplacian(imageCount, edges, weights, errors);
    let largest = 0;
    for (let i = 0; i < imageCount; i++) {
      const turn = rotationOfVector(step[3 * i], step[3 * i + 1], step[3 * i + 2]);
      rotations[i] = multiplyMatrices(rotations[i], turn);
      largest = Math.max(largest, Math.hypot(step[3 * i], step[3 * i + 1], step[3 * i + 2]));
    }
    measure();
    if (round > l1Rounds && largest < 1e-5) break;
  }
  return { rotations, residuals };
}

/** The edges whose rotation agrees with the consensus to within `maxDeg`. Pairs without other ways round always agree. */
export function consistentEdges(imageCount: number, edges: GraphEdge[], maxDeg: number): GraphEdge[] {
  if (edges.length < 3) return edges;
  const { residuals } = averageRotations(imageCount, edges);
  return edges.filter((_, e) => residuals[e] <= (maxDeg / 180) * Math.PI);
}

/** A twin pose must explain the pair this much better than the pose chosen before it takes its place. */
const twinAdvantage = 0.5;

/**
 * Pairs that see a plane have two possible poses (Longuet-Higgins 1986). Where the other pairs agree better with the twin, it takes the
 * chosen one's place. Returns the edges with the poses that the graph agrees on.
 */
export function resolveTwins(imageCount: number, edges: GraphEdge[]): GraphEdge[] {
  if (edges.length < 3 || !edges.some(({ geometry }) => geometry.twin)) return edges;
  const { rotations, residuals } = averageRotations(imageCount, edges);
  return edges.map((edge, e) => {
    const { i, j, geometry } = edge;
    if (!geometry.twin) return edge;
    const { twin, ...chosen } = geometry;
    const off = rotationVector(multiplyMatrices(transposeMatrix(rotations[j]), multiplyMatrices(twin.rotation, rotations[i])));
    if (Math.hypot(...off) > twinAdvantage * residuals[e]) return edge;
    return {
      ...edge,
      geometry: {
        ...chosen,
        ...twin,
        twin: { rotation: chosen.rotation, translation: chosen.translation, medianAngleDeg: chosen.medianAngleDeg },
      },
    };
  });
}
