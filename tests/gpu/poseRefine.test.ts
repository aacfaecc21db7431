/**
 * Learning the training views' poses on the GPU: gradient, correction of the constants, steps and gauge against the f64 twins, then whole
 * runs. Invariant: held-out views keep their given poses, and the same run gives the same bytes however it was cut up.
 */
import { describe, expect, test } from 'vitest';
import { createBuffer, destroyBuffer, readF32, usage } from '../../src/core/gpu/buffers.ts';
import { stepBytes } from '../../src/core/gpu/kernel.ts';
import { createRecorder } from '../../src/core/gpu/recorder.ts';
import type { Vector3 } from '../../src/core/math/rotation.ts';
import { backwardRef, renderRef } from '../../src/core/raster/render.ref.ts';
import { packStep } from '../../src/core/raster/stepConstants.ts';
import type { Pose } from '../../src/core/scene/camera.ts';
import type { Splats } from '../../src/core/scene/splats.ts';
import type { TrainOptions, TrainSession } from '../../src/core/train/contract.ts';
import { exposedRef, exposureBackwardRef } from '../../src/core/train/exposure.ref.ts';
import { lossRef } from '../../src/core/train/loss.ref.ts';
import { createTrainSession } from '../../src/core/train/session.ts';
import { biasRate, createViewRefiner } from '../../src/core/train/viewRefiner.ts';
import {
  type ViewStateRef,
  expQuaternion,
  holdExposuresRef,
  holdPosesRef,
  identityStateRef,
  stepExposureRef,
  stepPoseRef,
} from '../../src/core/train/viewStep.ref.ts';
import { correctedPose, createViewStates, turnDegrees, unpackCorrections, viewStateFloats } from '../../src/core/train/viewStates.ts';
import { proceduralScene } from '../fixtures/proceduralScene.ts';
import { randomNumbers, randomSplats, smallView } from '../randomScene.ts';
import { expectCloseWithBoundaryBand } from './boundaryBand.ts';
import { type GpuScene, createGpuScene, toF32 } from './gpuScene.ts';
import { memoryDataset } from './memoryDataset.ts';
import { openTestGpus } from './openTestGpu.ts';
import { randomPhoto } from './photos.ts';

const { variants, portable: gpu } = await openTestGpus();
const { widthPx, heightPx } = smallView;

/** Three cameras near smallView; the second is it. */
const near: Pose[] = [
  [0.2, 0.1, 0],
  [0, 0, 0],
  [-0.1, 0.3, 0.2],
].map((turn, i) =>
  correctedPose(smallView.pose, {
    turn: expQuaternion(turn as Vector3),
    shift: [0.3 * (i - 1), 0.1 * i - 0.1, 0],
    gain: [1, 1, 1],
    bias: [0, 0, 0],
  }),
);

/** A state with a visible correction in every number. */
const moved = (): ViewStateRef => ({
  ...identityStateRef(),
  turn: expQuaternion([0.011, -0.007, 0.013]),
  shift: [0.02, -0.01, 0.03],
  logGain: [0.2, -0.1, 0.05],
  bias: [0.02, 0.01, -0.03],
});

/** The floats of shaders/common/view_state.wgsl. */
function packState(s: ViewStateRef): number[] {
  const rows: number[][] = [[...s.turn], [...s.shift, s.poseSteps]];
  for (const values of [s.pose.m, s.pose.v]) rows.push([...values.subarray(0, 3), 0], [...values.subarray(3), 0]);
  rows.push([...s.logGain, s.exposureSteps], [...s.bias, 0]);
  for (const values of [s.exposure.m, s.exposure.v]) rows.push([...values.subarray(0, 3), 0], [...values.subarray(3), 0]);
  return rows.flat();
}

const setStates = (scene: GpuScene, states: ViewStateRef[]): void =>
  gpu.device.queue.writeBuffer(scene.views!.states, 0, Float32Array.from(states.flatMap(packState)));

/** dL/d(turn, shift) and dL/d(gain, bias) of a view's correction as it stands, by the twins. */
function gradientsRef(splats: Splats, pose: Pose, state: ViewStateRef, photo: ReturnType<typeof randomPhoto>) {
  const gain = state.logGain.map(Math.exp) as Vector3;
  const view = { ...smallView, pose: correctedPose(pose, { turn: state.turn, shift: state.shift, gain, bias: state.bias }) };
  const rendered = renderRef(splats, view);
  const loss = lossRef(exposedRef(rendered.image, gain, state.bias), photo.colour, widthPx, heightPx, photo.mask);
  const exposure = exposureBackwardRef(rendered.image, gain, loss.gradient);
  const { splats: grads } = backwardRef(splats, view, {}, rendered, exposure.image);
  return { pose: grads.pose, exposure: [...exposure.gain, ...exposure.bias] };
}

describe.each(variants)('gradient, $name', ({ gpu: on, tile }) => {
  test.each([
    ['at the identity', 401, 100, 0, false, identityStateRef()],
    ['at a correction, second degree, antialiased', 402, 70, 2, true, moved()],
  ] as [string, number, number, number, boolean, ViewStateRef][])('%s', async (_, seed, count, degree, antialiased, state) => {
    const splats = toF32(randomSplats(seed, count, degree, antialiased));
    const photo = randomPhoto(seed, widthPx, heightPx, { unseen: true });
    const scene = await createGpuScene(
      on,
      splats,
      { ...smallView, pose: near[2] },
      { tile, photo: photo.packed, dump: true, learnt: near },
    );
    on.device.queue.writeBuffer(scene.views!.states, viewStateFloats * 8, Float32Array.from(packState(state)));
    scene.train({ viewSlot: 2, lrPose: 1e-9, lrExposure: 1e-9 });
    // After a first step the first moment is a tenth of the gradient.
    const floats = (await readF32(on, scene.views!.states)).subarray(2 * viewStateFloats);
    const rows = (a: number): number[] =>
      [a, a + 1].flatMap((row) => [...floats.subarray(4 * row, 4 * row + 3)].map((value) => 10 * value));
    const want = gradientsRef(splats, near[2], state, photo);
    const largest = Math.max(...want.pose.map(Math.abs));
    expectCloseWithBoundaryBand('pose', rows(2), want.pose, { absolute: 2e-3 * largest });
    const chained = want.exposure.map((value, k) => (k < 3 ? Math.exp(state.logGain[k]) : 1) * value);
    expectCloseWithBoundaryBand('exposure', rows(8), chained, { absolute: 1e-3 * Math.max(...chained.map(Math.abs)) });
    scene.dispose();
  });
});

test("a correction lands in the step's constants; the identity changes none of them", async () => {
  const scene = await createGpuScene(gpu, toF32(randomSplats(1, 4, 0)), smallView);
  const steps = createBuffer(gpu, 'steps', 2 * stepBytes, usage.uniform | usage.copyDst | usage.copySrc);
  const views = createViewStates(gpu, { poses: near, refinesPoses: true, refinesExposure: true, capacity: 4, maxPixels: 64 });
  const refiner = await createViewRefiner(gpu, steps, views, 4);
  const state = moved();
  gpu.device.queue.writeBuffer(views.states, 4 * viewStateFloats, Float32Array.from(packState(state)));
  const given = [0, 1].map((viewSlot) => packStep(scene.constants({ viewSlot, view: { ...smallView, pose: near[viewSlot] } })));
  given.forEach((bytes, slot) => gpu.device.queue.writeBuffer(steps, slot * stepBytes, bytes as Uint8Array<ArrayBuffer>));
  const encoder = gpu.device.createCommandEncoder();
  const recorder = createRecorder(encoder);
  for (const slot of [0, 1]) {
    recorder.stepOffset = slot * stepBytes;
    refiner.begin(recorder);
  }
  recorder.end();
  gpu.device.queue.submit([encoder.finish()]);
  const got = await readF32(gpu, steps);
  const floatsOf = (bytes: Uint8Array): Float32Array => new Float32Array(bytes.buffer);
  expect([...got.subarray(0, 60)]).toEqual([...floatsOf(given[0]).subarray(0, 60)]);
  const gain = state.logGain.map(Math.exp) as Vector3;
  const pose = correctedPose(near[1], { turn: state.turn, shift: state.shift, gain, bias: state.bias });
  const want = packStep(scene.constants({ viewSlot: 1, view: { ...smallView, pose }, exposureGain: gain, exposureBias: state.bias }));
  expectCloseWithBoundaryBand('constants', got.subarray(64, 124), floatsOf(want).subarray(0, 60), { absolute: 2e-6, relative: 1e-6 });
  refiner.dispose();
  views.dispose();
  destroyBuffer(gpu, steps);
  scene.dispose();
});

test('steps and gauge move every view as the twin says, and one view at a time counts its steps', async () => {
  const splats = toF32(randomSplats(404, 90, 0));
  const photo = randomPhoto(404, widthPx, heightPx);
  const rates = { lrPose: 2e-3, lrExposure: 1e-2, poseLength: 2, posePull: 3, exposurePull: 2 };
  const scene = await createGpuScene(gpu, splats, smallView, { photo: photo.packed, dump: true, learnt: near });
  const states = near.map(identityStateRef);
  const slots = [1, 2, 1, 0, 2];
  for (const slot of slots) {
    // The twin takes the GPU's own gradient, from its first moment: m' = 0.9 m + 0.1 g.
    const before = await readF32(gpu, scene.views!.states);
    scene.train({ viewSlot: slot, view: { ...smallView, pose: near[slot] }, ...rates });
    const after = await readF32(gpu, scene.views!.states);
    const gradient = (row: number): number[] =>
      [row, row + 1].flatMap((r) =>
        [0, 1, 2].map((k) => 10 * (after[viewStateFloats * slot + 4 * r + k] - 0.9 * before[viewStateFloats * slot + 4 * r + k])),
      );
    stepPoseRef(states[slot], gradient(2), { learningRate: rates.lrPose, pull: rates.posePull }, rates.poseLength);
    holdPosesRef(states, near);
    const chained = gradient(8).map((value, k) => (k < 3 ? value / Math.exp(states[slot].logGain[k]) : value));
    stepExposureRef(states[slot], chained, { learningRate: rates.lrExposure, pull: rates.exposurePull }, biasRate);
    holdExposuresRef(states);
    expectCloseWithBoundaryBand(`states after view ${slot}`, after, states.flatMap(packState), { absolute: 2e-6, relative: 1e-4 });
  }
  expect(states.map((s) => s.poseSteps)).toEqual([1, 2, 2]);
  expect(unpackCorrections(await readF32(gpu, scene.views!.states)).every((c) => turnDegrees(c) > 0.01)).toBe(true);
  scene.dispose();
});

test('more terms than invocations are all summed, and none beyond the live ones', async () => {
  const [capacity, count] = [10_000, 9_001];
  const scene = await createGpuScene(gpu, toF32(randomSplats(1, 4, 0)), smallView);
  const steps = createBuffer(gpu, 'steps', stepBytes, usage.uniform | usage.copyDst);
  const views = createViewStates(gpu, { poses: near, refinesPoses: true, refinesExposure: false, capacity, maxPixels: 64 });
  const refiner = await createViewRefiner(gpu, steps, views, capacity);
  const random = randomNumbers(406);
  const terms = Float32Array.from({ length: 8 * capacity }, () => random());
  gpu.device.queue.writeBuffer(views.gradients.pose!, 0, terms);
  gpu.device.queue.writeBuffer(steps, 0, packStep(scene.constants({ count, viewSlot: 1, lrPose: 1e-9 })) as Uint8Array<ArrayBuffer>);
  const encoder = gpu.device.createCommandEncoder();
  const recorder = createRecorder(encoder);
  refiner.step(recorder);
  recorder.end();
  gpu.device.queue.submit([encoder.finish()]);
  const sum = (column: number, k: number): number => {
    let total = 0;
    for (let i = 0; i < count; i++) total += terms[4 * (column * capacity + i) + k];
    return total;
  };
  const moments = (await readF32(gpu, views.states)).subarray(viewStateFloats + 8, viewStateFloats + 16);
  const want = [0, 1].flatMap((column) => [0, 1, 2].map((k) => 0.1 * sum(column, k)));
  expectCloseWithBoundaryBand('sums', [0, 1, 2, 4, 5, 6].map((k) => moments[k]), want, { absolute: 0, relative: 1e-5 }); // prettier-ignore
  refiner.dispose();
  views.dispose();
  destroyBuffer(gpu, steps);
  scene.dispose();
});

test('poses rest while their rate is 0, and a gradient that is no number moves nothing', async () => {
  const splats = toF32(randomSplats(405, 60, 0));
  const photo = randomPhoto(405, widthPx, heightPx);
  const scene = await createGpuScene(gpu, splats, smallView, { photo: photo.packed, dump: true, learnt: near });
  scene.train({ viewSlot: 1 });
  const identity = near.flatMap(() => packState(identityStateRef()));
  expect([...(await readF32(gpu, scene.views!.states))]).toEqual(identity);
  gpu.device.queue.writeBuffer(scene.views!.gradients.pose!, 0, new Float32Array([NaN]));
  setStates(scene, near.map(identityStateRef));
  scene.train({ viewSlot: 1, lrPose: 1e-3, count: 0 });
  expect((await readF32(gpu, scene.views!.states)).every(Number.isFinite)).toBe(true);
  scene.dispose();
});

const hyper = { refineEvery: 10, refineFrom: 0.1, refineUntil: 0.9, growUntil: 0.6, deadOpacity: 0.05, halfUntil: 0.3, lrPose: 1e-3 };
const options: TrainOptions = {
  preset: 'preview',
  steps: 36,
  maxSplats: 400,
  widthPx: 64,
  holdout: 8,
  seed: 3,
  shDegree: 1,
  hyper,
  refinePoses: true,
  refineExposure: true,
};

describe('whole runs', () => {
  const { reconstruction, photos } = proceduralScene({ widthPx: 64, heightPx: 48, viewCount: 9, pointCount: 300 });
  const { dataset, host } = memoryDataset(reconstruction, photos);

  async function open(changes: Partial<TrainOptions> = {}, checkpoint?: Uint8Array, stopAt?: number): Promise<TrainSession> {
    let session: TrainSession | null = null;
    let now = 0;
    // A slow clock keeps batches at one step when a run is to be stopped.
    const clock = stopAt === undefined ? host.nowMs : () => (now += 10_000);
    const opened = await createTrainSession(
      gpu,
      dataset,
      { ...options, ...changes },
      { ...host, nowMs: clock },
      (event) => {
        if (event.type === 'progress' && event.stage === 'train' && event.done === stopAt) session?.stop();
      },
      checkpoint,
    );
    if (!opened.ok) throw new Error(opened.failure.detail);
    session = opened.value;
    await session.run();
    return session;
  }

  test('same bytes again, and again from a checkpoint; held-out poses stay; the metrics tell', async () => {
    const whole = await open();
    const [splats, poses, metrics] = [await whole.splats(), await whole.refinedPoses(), whole.metrics()];
    poses.forEach((view, i) => {
      if (i % 8 === 0) expect(view).toEqual(reconstruction.views[i]);
      else expect(view.pose).not.toEqual(reconstruction.views[i].pose);
    });
    expect(metrics.poseRefinement!.views).toBe(7);
    expect(metrics.poseRefinement!.maxDeg).toBeGreaterThan(metrics.poseRefinement!.meanDeg);
    expect(metrics.poseRefinement!.meanDeg).toBeGreaterThan(0.001);
    expect(metrics.exposureRefinement!.maxGain).toBeGreaterThan(1);
    const cut = await open({}, undefined, 17);
    expect(cut.step).toBe(17);
    const resumed = await open({}, await cut.checkpoint());
    for (const session of [await open(), resumed]) {
      expect(await session.splats()).toEqual(splats);
      expect(await session.refinedPoses()).toEqual(poses);
      expect(session.metrics().poseRefinement).toEqual(metrics.poseRefinement);
      session.dispose();
    }
    for (const session of [whole, cut]) session.dispose();
  });

  test('without either, nothing is learnt and nothing told', async () => {
    const session = await open({ refinePoses: false, refineExposure: false });
    expect(await session.refinedPoses()).toEqual(reconstruction.views);
    expect(session.metrics()).toMatchObject({ poseRefinement: null, exposureRefinement: null });
    session.dispose();
  });
});

test('poses that are off by a degree are found again, and the held-out views come out better', async () => {
  const { reconstruction, photos } = proceduralScene({ widthPx: 64, heightPx: 48, viewCount: 17, pointCount: 400 });
  const random = randomNumbers(72);
  const views = reconstruction.views.map((view, i) => {
    const axis = [0, 1, 2].map(() => random() - 0.5);
    const turn = expQuaternion(axis.map((value) => (value * Math.PI) / 180 / Math.hypot(...axis)) as Vector3);
    return i % 8 === 0 ? view : { ...view, pose: correctedPose(view.pose, { turn, shift: [0, 0, 0], gain: [1, 1, 1], bias: [0, 0, 0] }) };
  });
  const { dataset, host } = memoryDataset({ ...reconstruction, views }, photos);
  const degreesOff = (refined: { pose: Pose }[]): number => {
    const off = refined.map(({ pose: { q } }, i) => {
      const [w, x, y, z] = reconstruction.views[i].pose.q;
      return (360 / Math.PI) * Math.acos(Math.min(1, Math.abs(w * q[0] + x * q[1] + y * q[2] + z * q[3])));
    });
    return off.reduce((sum, value) => sum + value, 0) / 14;
  };
  const train = async (refinePoses: boolean) => {
    const size = { preset: 'preview', steps: 400, maxSplats: 400, widthPx: 64, holdout: 8, seed: 1, shDegree: 0 } as const;
    // Each view is seen 28 times: a quick rate for a short run.
    const run: TrainOptions = { ...size, refinePoses, hyper: { lrPose: 2e-3, posePull: 0 } };
    const opened = await createTrainSession(gpu, dataset, run, host, () => {});
    if (!opened.ok) throw new Error(opened.failure.detail);
    await opened.value.run();
    await opened.value.evaluate();
    const found = { psnrDb: opened.value.metrics().psnrDb!, degrees: degreesOff(await opened.value.refinedPoses()) };
    opened.value.dispose();
    return found;
  };
  const [off, on] = [await train(false), await train(true)];
  console.info(
    `poses 1 degree off: ${off.psnrDb.toFixed(2)} dB; ${on.psnrDb.toFixed(2)} dB at ${on.degrees.toFixed(2)} degrees when refined`,
  );
  expect(off.degrees).toBeCloseTo(1, 3);
  expect(on.degrees).toBeLessThan(0.5);
  expect(on.psnrDb).toBeGreaterThan(off.psnrDb + 0.5);
});
