/**
 * Placing an image by its pairs alone, when it sees too few of the model's points: its rotation from its best pair, its centre where the
 * directions from two or more placed partners meet (the structure-less fallback of incremental mapping).
 * Invariant: the image stays placed only when its own matches, triangulated from there, stand up; else the model is as it was.
 */
import { multiplyMatrices, quaternionOfMatrix, rotateBack, rotateVector, transposeMatrix, type Vector3 } from '../math/rotation.ts';
import { symmetricEigen } from '../math/symmetricEigen.ts';
import { triangulateImage, type TriangulationLimits } from './modelTriangulation.ts';
import { centreOf, deregister, observationCount, register, type SceneModel } from './sceneModel.ts';
import { type GraphEdge, matchCount } from './viewGraph.ts';

/** A placed partner: where it stands, which way the image lies from it, and the image's rotation as the pair has it. */
interface Partner {
  centre: Vector3;
  direction: Vector3;
  rotation: number[];
  matches: number;
}

function partnerOf(model: SceneModel, { i, j, geometry, matches }: GraphEdge, image: number): Partner {
  const other = i === image ? j : i;
  const pair = geometry.rotation;
  // Pose of the image in the partner's camera: X_image = R X_partner + t.
  const rotation = i === image ? transposeMatrix(pair) : pair;
  const { translation: t } = geometry;
  const shift: Vector3 = i === image ? (rotateBack(pair, t).map((v) => -v) as Vector3) : t;
  const ofPartner = model.extrinsics.subarray(12 * other, 12 * other + 9);
  const inPartner = rotateBack(rotation, shift).map((v) => -v) as Vector3;
  const centre: Vector3 = [0, 0, 0];
  centreOf(model, other, centre);
  return {
    centre,
    direction: rotateBack(ofPartner, inPartner),
    rotation: multiplyMatrices(rotation, ofPartner),
    matches: matches.length / 2,
  };
}

/** Lines that meet under a smaller angle say nothing of where. Smallest eigenvalue of the mean of (I - d d^T). */
const leastSpread = 0.003;

/** The point nearest to all lines, weighted by matches; null when they run parallel or it lies behind one. */
export function meetingPoint(lines: Pick<Partner, 'centre' | 'direction' | 'matches'>[]): Vector3 | null {
  const a = new Float64Array(9);
  const b = [0, 0, 0];
  let total = 0;
  for (const { centre, direction: d, matches } of lines) {
    total += matches;
    for (let r = 0; r < 3; r++)
      for (let c = 0; c < 3; c++) {
        const entry = matches * ((r === c ? 1 : 0) - d[r] * d[c]);
        a[3 * r + c] += entry;
        b[r] += entry * centre[c];
      }
  }
  const { values, vectors } = symmetricEigen(a, 3);
  if (!(values[0] > leastSpread * total)) return null;
  const point: Vector3 = [0, 0, 0];
  for (let k = 0; k < 3; k++) {
    const along = (vectors[k] * b[0] + vectors[3 + k] * b[1] + vectors[6 + k] * b[2]) / values[k];
    for (let r = 0; r < 3; r++) point[r] += along * vectors[3 * r + k];
  }
  const isAhead = lines.every(({ centre, direction: d }) => [0, 1, 2].reduce((sum, c) => sum + d[c] * (point[c] - centre[c]), 0) > 0);
  return isAhead ? point : null;
}

/** Tries to place one image. `least`: observations that must stand up. */
export function placeByPairs(model: SceneModel, image: number, limits: TriangulationLimits, least: number): boolean {
  const partners = model.graph.edges
    .filter((edge) => (edge.i === image && model.registered[edge.j]) || (edge.j === image && model.registered[edge.i]))
    .filter(({ geometry: { kind } }) => kind === 'general' || kind === 'planar')
    .sort((a, b) => matchCount(b) - matchCount(a) || a.i - b.i || a.j - b.j)
    .map((edge) => partnerOf(model, edge, image));
  if (partners.length < 2) return false;
  const centre = meetingPoint(partners);
  const q = quaternionOfMatrix(partners[0].rotation);
  if (!centre || !q) return false;
  const moved = rotateVector(partners[0].rotation, centre);
  register(model, image, { q, t: [-moved[0], -moved[1], -moved[2]] });
  triangulateImage(model, image, limits);
  if (observationCount(model, image) >= least) return true;
  deregister(model, image);
  return false;
}
