/**
 * Setup: everything a run needs before its first step: the plan, the frame, the photos on the GPU and which of them are held out.
 * Invariant: held-out views are every n-th of the views in name order, and none of them is ever in `trained`.
 */
import { destroyBuffer } from '../gpu/buffers.ts';
import type { Gpu } from '../gpu/device.ts';
import { type Result, fail, ok } from '../job/failure.ts';
import type { Dataset } from '../scene/dataset.ts';
import type { Emit, TrainHost, TrainOptions } from './contract.ts';
import type { Engine } from './engine.ts';
import { type LoadedView, loadPhotos } from './photos.ts';
import { type Plan, planTraining } from './plan.ts';
import { type SceneFrame, sceneFrame } from './sceneFrame.ts';
import { type Hyper, defaultHyper, presetHyper, randomStartHyper } from './schedule.ts';

export interface Setup {
  gpu: Gpu;
  dataset: Dataset;
  options: TrainOptions;
  hyper: Hyper;
  plan: Plan;
  frame: SceneFrame;
  views: LoadedView[];
  /** Positions in `views` that are trained on and that are held out. */
  trained: number[];
  heldOut: number[];
  engine: Engine;
  startCount: number;
  host: TrainHost;
  emit: Emit;
  seconds: Record<string, number>;
}

/** Fewest photos that can carry a scene. */
const fewestViews = 3;

function splitViews(views: LoadedView[], holdout: number): { trained: number[]; heldOut: number[] } {
  const all = views.map((_, i) => i);
  // Counted in the whole set, so that a photo that cannot be decoded does not change which others are held out.
  const isHeldOut = (i: number): boolean => holdout > 0 && views[i].index % holdout === 0;
  return { trained: all.filter((i) => !isHeldOut(i)), heldOut: all.filter(isHeldOut) };
}

export async function prepare(
  gpu: Gpu,
  dataset: Dataset,
  options: TrainOptions,
  host: TrainHost,
  emit: Emit,
): Promise<Result<Omit<Setup, 'engine' | 'startCount'>>> {
  const started = host.nowMs();
  const { reconstruction } = dataset;
  if (reconstruction.views.length < fewestViews) {
    return fail('too-few-photos', `${reconstruction.views.length} photos with a camera pose; at least ${fewestViews} are needed.`);
  }
  const byId = new Map(reconstruction.cameras.map((camera) => [camera.id, camera]));
  const planned = planTraining(
    gpu,
    reconstruction.views.map((view) => byId.get(view.cameraId)!),
    options,
  );
  if (!planned.ok) return planned;
  emit({ type: 'memory-planned', bytes: planned.value.bytes, parts: planned.value.parts });
  const views = await loadPhotos(gpu, dataset, planned.value.levels, host, emit);
  const split = splitViews(views, options.holdout);
  if (split.trained.length < fewestViews - 1) {
    for (const { photo } of views) destroyBuffer(gpu, photo);
    return fail('too-few-photos', `${split.trained.length} usable photos are left to train on; at least ${fewestViews - 1} are needed.`);
  }
  const start = reconstruction.points.count > 0 ? {} : randomStartHyper;
  const hyper = { ...defaultHyper, ...presetHyper[options.preset], ...start, ...options.hyper };
  const frame = sceneFrame(reconstruction);
  return ok({
    gpu,
    dataset,
    options,
    hyper,
    plan: planned.value,
    frame,
    views,
    ...split,
    host,
    emit,
    seconds: { photos: (host.nowMs() - started) / 1000 },
  });
}
