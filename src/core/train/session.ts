/**
 * Session: opens one training run: checks and plans it, loads the photos, makes the initial splats, takes up a checkpoint.
 * Invariant: what fails here fails as a value, before the first step, and leaves nothing of the run on the GPU.
 */
import type { Gpu } from '../gpu/device.ts';
import { type Result, fail, ok } from '../job/failure.ts';
import type { Dataset } from '../scene/dataset.ts';
import { readCheckpoint } from './checkpoint.ts';
import type { Emit, TrainHost, TrainOptions, TrainSession } from './contract.ts';
import { createEngine } from './engine.ts';
import { initialSplats } from './initialise.ts';
import { prepare } from './setup.ts';
import { TrainingRun } from './trainingRun.ts';

/** Opens a session. A checkpoint of the same run continues it exactly; one of another run is a `bad-file`. */
export async function createTrainSession(
  gpu: Gpu,
  dataset: Dataset,
  options: TrainOptions,
  host: TrainHost,
  emit: Emit,
  checkpoint?: Uint8Array,
): Promise<Result<TrainSession>> {
  for (const failure of dataset.warnings) emit({ type: 'warning', failure });
  const restored = checkpoint ? readCheckpoint(checkpoint, dataset, options) : ok(null);
  if (!restored.ok) return restored;
  gpu.device.pushErrorScope('out-of-memory');
  const planned = restored.value
    ? { widthPx: restored.value.widthPx, maxSplats: restored.value.maxSplats, shDegree: restored.value.shDegree }
    : {};
  const prepared = await prepare(gpu, dataset, { ...options, ...planned }, host, emit);
  if (!prepared.ok) {
    await gpu.device.popErrorScope();
    return prepared;
  }
  const { plan, frame, hyper, views, seconds } = prepared.value;
  const started = host.nowMs();
  const initial = initialSplats(dataset.reconstruction, frame, plan.maxSplats, plan.shDegree, options.seed, hyper.initialOpacity);
  const engine = await createEngine(
    gpu,
    initial,
    plan.maxSplats,
    plan.raster,
    views.map((view) => view.photo),
    {
      poses: prepared.value.trained.map((index) => views[index].view.pose),
      refinesPoses: options.refinePoses ?? false,
      refinesExposure: options.refineExposure ?? false,
    },
  );
  const outOfMemory = await gpu.device.popErrorScope();
  if (outOfMemory) {
    engine.dispose();
    return fail('out-of-memory', `The GPU could not give ${Math.round(plan.bytes / 2 ** 20)} MiB. Use fewer splats or a smaller width.`);
  }
  seconds.compile = (host.nowMs() - started) / 1000;
  const session = new TrainingRun({ ...prepared.value, options, engine, startCount: initial.count });
  const taken = restored.value ? await session.restore(restored.value) : ok(undefined);
  if (taken.ok) return ok(session);
  session.dispose();
  return taken;
}
