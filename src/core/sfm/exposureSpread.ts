/**
 * Exposure spread: how much the photos differ in brightness, from the same points seen in several of them.
 * Invariant: what the scene shows does not count, only how bright each photo shows it: a photo's gain is the median over its points.
 */
import { medianOf } from '../math/medianOf.ts';
import type { SceneModel } from './sceneModel.ts';
import type { ExportPhoto } from './solvedModel.ts';

const fewestPoints = 20;
/** Darker or brighter than this (0..255) a sensor no longer tells how much. */
const darkest = 8;
const brightest = 250;

const luma = (rgb: Uint8Array, at: number): number => 0.299 * rgb[3 * at] + 0.587 * rgb[3 * at + 1] + 0.114 * rgb[3 * at + 2];

/** By placed photo: log of its brightness over the mean brightness of the points it sees. */
function logGains(model: SceneModel, photos: ExportPhoto[]): number[] {
  const ratios = new Map<number, number[]>(model.order.map((image) => [image, []]));
  for (const point of model.points) {
    if (!point) continue;
    const values = point.images.map((image, k) => luma(photos[image].colours, point.features[k]));
    if (!values.every((value) => value >= darkest && value <= brightest)) continue;
    const mean = values.reduce((sum, value) => sum + Math.log(value), 0) / values.length;
    values.forEach((value, k) => ratios.get(point.images[k])!.push(Math.log(value) - mean));
  }
  return [...ratios.values()].filter((each) => each.length >= fewestPoints).map(medianOf);
}

/** Standard deviation of the photos' log gains: 0.05 is five percent. */
export function exposureSpread(model: SceneModel, photos: ExportPhoto[]): number {
  const gains = logGains(model, photos);
  if (gains.length === 0) return 0;
  const mean = gains.reduce((sum, gain) => sum + gain, 0) / gains.length;
  return Math.sqrt(gains.reduce((sum, gain) => sum + (gain - mean) ** 2, 0) / gains.length);
}
