/**
 * Placing an image: which one is next and its resection against the points the model has.
 * Invariant: an image is only registered with enough inliers; its inlier observations join their points at once.
 */
import { addObservation, lensOf, register, type SceneModel } from './sceneModel.ts';
import { resect } from './resection.ts';
import { visibilityScore } from './visibilityPyramid.ts';

export interface PlaceLimits {
  thresholdPx: number;
  leastInliers: number;
  leastRatio: number;
}

interface Correspondences {
  features: number[];
  ids: number[];
}

/** Features whose track has a point: the longest-seen one where it has two. */
function correspondences(model: SceneModel, image: number): Correspondences {
  const found: Correspondences = { features: [], ids: [] };
  const { trackOf } = model.tracks;
  for (let feature = 0; feature < trackOf[image].length; feature++) {
    const track = trackOf[image][feature];
    if (track < 0 || model.pointsOfTrack[track].length === 0) continue;
    const [first, second] = model.pointsOfTrack[track];
    const id = second !== undefined && model.points[second]!.images.length > model.points[first]!.images.length ? second : first;
    found.features.push(feature);
    found.ids.push(id);
  }
  return found;
}

export interface Candidate {
  image: number;
  visible: number;
  score: number;
}

/** Unplaced images that see at least `least` points, by how well those spread over the image, best first. */
export function candidates(model: SceneModel, least: number): Candidate[] {
  const found: Candidate[] = [];
  model.graph.images.forEach(({ xy, widthPx, heightPx }, image) => {
    if (model.registered[image]) return;
    const { features } = correspondences(model, image);
    if (features.length < least) return;
    const pixels = new Float64Array(2 * features.length);
    features.forEach((feature, k) => {
      pixels[2 * k] = xy[2 * feature] + widthPx / 2;
      pixels[2 * k + 1] = xy[2 * feature + 1] + heightPx / 2;
    });
    found.push({ image, visible: features.length, score: visibilityScore(pixels, features.length, 2, widthPx, heightPx) });
  });
  return found.sort((a, b) => b.score - a.score || b.visible - a.visible || a.image - b.image);
}

const fewImagesOfLens = 3;

/** Places one image. False when the points it sees do not agree on a pose. */
export function placeImage(model: SceneModel, image: number, limits: PlaceLimits, seed: number): boolean {
  const { features, ids } = correspondences(model, image);
  if (features.length < limits.leastInliers) return false;
  const { xy, group } = model.graph.images[image];
  const pixels = new Float64Array(2 * features.length);
  const points = new Float64Array(3 * features.length);
  features.forEach((feature, k) => {
    pixels.set(xy.subarray(2 * feature, 2 * feature + 2), 2 * k);
    points.set(model.points[ids[k]]!.xyz, 3 * k);
  });
  const lens = lensOf(model, image);
  const ofLens = model.order.filter((each) => model.graph.images[each].group === group).length;
  const refineFocal = !model.lenses[group].given && ofLens === 0;
  const found = resect({ lens, pixels, points, seed, thresholdPx: limits.thresholdPx }, { refineFocal });
  if (!found || found.inliers.length < limits.leastInliers || found.inlierRatio < limits.leastRatio) return false;
  if (refineFocal && ofLens < fewImagesOfLens) model.lenses[group].f = found.lens.f;
  register(model, image, found.pose);
  for (const k of found.inliers) {
    if (!model.points[ids[k]]!.images.includes(image)) addObservation(model, ids[k], image, features[k]);
  }
  return true;
}
