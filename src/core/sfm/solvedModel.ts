/**
 * Solved model: a scene model as a Reconstruction at the photos' own size, with the observations that COLMAP's files keep.
 * Invariant: cameras are numbered by group and photo size; views come in name order; points keep the order of the model.
 */
import { byCodeUnit } from '../formats/fileListing.ts';
import type { Camera } from '../scene/camera.ts';
import type { Reconstruction, SparsePoints } from '../scene/reconstruction.ts';
import type { ViewObservations } from './contract.ts';
import { poseOf, type SceneModel, squaredErrorAt } from './sceneModel.ts';

/** What exporting has to know of a photo besides the graph. */
export interface ExportPhoto {
  name: string;
  /** As stored, upright. */
  widthPx: number;
  heightPx: number;
  /** Principal point as stored, px. */
  cx: number;
  cy: number;
  /** Photo pixels per pixel of the graph. */
  scale: number;
  colours: Uint8Array;
}

function cameraOf(model: SceneModel, image: number, photo: ExportPhoto, id: number): Camera {
  const { f, aspect, k1, k2 } = model.lenses[model.graph.images[image].group];
  const { widthPx, heightPx, cx, cy, scale } = photo;
  const shape = { id, widthPx, heightPx, fx: f * scale, fy: f * aspect * scale, cx, cy, k1, k2, p1: 0, p2: 0 };
  return { ...shape, model: aspect === 1 ? 'RADIAL' : 'OPENCV' };
}

interface Cameras {
  cameras: Camera[];
  idOf: Map<number, number>;
}

function exportCameras(model: SceneModel, photos: ExportPhoto[], placed: number[]): Cameras {
  const byKey = new Map<string, Camera>();
  const idOf = new Map<number, number>();
  for (const image of placed) {
    const { group } = model.graph.images[image];
    const key = `${group} ${photos[image].widthPx} ${photos[image].heightPx}`;
    const camera = byKey.get(key) ?? cameraOf(model, image, photos[image], byKey.size + 1);
    byKey.set(key, camera);
    idOf.set(image, camera.id);
  }
  return { cameras: [...byKey.values()], idOf };
}

function exportPoints(model: SceneModel, photos: ExportPhoto[], ids: number[]): SparsePoints {
  const points: SparsePoints = {
    count: ids.length,
    xyz: new Float64Array(3 * ids.length),
    rgb: new Uint8Array(3 * ids.length),
    error: new Float32Array(ids.length),
    trackLength: new Uint32Array(ids.length),
  };
  ids.forEach((id, at) => {
    const { xyz, images, features } = model.points[id]!;
    points.xyz.set(xyz, 3 * at);
    points.trackLength[at] = images.length;
    const sum = [0, 0, 0];
    let error = 0;
    for (let k = 0; k < images.length; k++) {
      const { colours, scale } = photos[images[k]];
      for (let c = 0; c < 3; c++) sum[c] += colours[3 * features[k] + c];
      error += Math.sqrt(squaredErrorAt(model, xyz, images[k], features[k])) * scale;
    }
    for (let c = 0; c < 3; c++) points.rgb[3 * at + c] = Math.round(sum[c] / images.length);
    points.error[at] = error / images.length;
  });
  return points;
}

export interface Exported {
  reconstruction: Reconstruction;
  /** The image of each view. */
  images: number[];
  /** The model's point ids in the order of the reconstruction's points. */
  ids: number[];
}

export function exportReconstruction(model: SceneModel, photos: ExportPhoto[]): Exported {
  const images = [...model.order].sort((a, b) => byCodeUnit(photos[a].name, photos[b].name));
  const ids = model.points.flatMap((point, id) => (point ? [id] : []));
  const { cameras, idOf } = exportCameras(model, photos, images);
  const views = images.map((image) => ({ photoName: photos[image].name, cameraId: idOf.get(image)!, pose: poseOf(model, image) }));
  return { reconstruction: { cameras, views, points: exportPoints(model, photos, ids) }, images, ids };
}

/** By view: where its features lie and which point each sees. */
export function exportObservations(model: SceneModel, photos: ExportPhoto[], { images, ids }: Exported): ViewObservations[] {
  const indexOf = new Map(ids.map((id, at) => [id, at]));
  return images.map((image) => {
    const { xy, count } = model.graph.images[image];
    const { scale, cx, cy } = photos[image];
    const out = new Float64Array(2 * count);
    for (let k = 0; k < count; k++) {
      out[2 * k] = xy[2 * k] * scale + cx;
      out[2 * k + 1] = xy[2 * k + 1] * scale + cy;
    }
    return { xy: out, point: Int32Array.from(model.pointOf[image], (id) => (id < 0 ? -1 : indexOf.get(id)!)) };
  });
}
