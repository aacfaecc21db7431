/**
 * Photos: decodes every used photo and puts it on the GPU at the training size. One photo at a time, so the memory held is one decoded
 * photo and the small ones.
 * Invariant: a photo that cannot be decoded is a warning, and its view leaves the run; the order of the others stays.
 */
import type { Gpu } from '../gpu/device.ts';
import { type PhotoLevel, type Undistorter, createUndistorter } from '../image/undistort.ts';
import { photoForCamera } from '../image/photoForCamera.ts';
import { fail } from '../job/failure.ts';
import type { Camera, View } from '../scene/camera.ts';
import type { Dataset } from '../scene/dataset.ts';
import type { Emit, TrainHost } from './contract.ts';

export interface LoadedView {
  /** Position in the dataset's views. */
  index: number;
  view: View;
  camera: Camera;
  levels: PhotoLevel[];
  photo: GPUBuffer;
}

async function loadOne(host: TrainHost, dataset: Dataset, index: number, camera: Camera, levels: PhotoLevel[], undistorter: Undistorter) {
  const file = dataset.photos[index];
  try {
    const upright = await host.decode(file);
    const pixels = photoForCamera(upright, await file.bytes(), camera);
    if (pixels) return undistorter.load(pixels, camera, levels);
    const detail = `The photo is ${upright.widthPx} x ${upright.heightPx} px, but its camera was solved for ${camera.widthPx} x ${camera.heightPx} px.`;
    return fail('bad-file', detail, { file: file.path });
  } catch (error) {
    return fail('bad-file', `The photo could not be decoded: ${error instanceof Error ? error.message : String(error)}`, {
      file: file.path,
    });
  }
}

/** levels: one entry a view of the dataset. Emits progress and warnings. */
export async function loadPhotos(gpu: Gpu, dataset: Dataset, levels: PhotoLevel[][], host: TrainHost, emit: Emit): Promise<LoadedView[]> {
  const { cameras, views } = dataset.reconstruction;
  const byId = new Map(cameras.map((camera) => [camera.id, camera]));
  const undistorter = await createUndistorter(gpu);
  const loaded: LoadedView[] = [];
  emit({ type: 'stage-started', stage: 'photos' });
  for (const [index, view] of views.entries()) {
    const camera = byId.get(view.cameraId)!;
    const photo = await loadOne(host, dataset, index, camera, levels[index], undistorter);
    if ('ok' in photo) emit({ type: 'warning', failure: photo.failure });
    else loaded.push({ index, view, camera, levels: levels[index], photo });
    emit({ type: 'progress', stage: 'photos', done: index + 1, total: views.length, unit: 'photos', secondsLeft: null });
  }
  await gpu.device.queue.onSubmittedWorkDone();
  return loaded;
}
