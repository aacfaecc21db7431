/**
 * Spark in its page, as its documentation sets it up, but updated by hand: update() generates the splats for the view, reads their
 * distances back and has a worker sort them; render() then draws. Invariant: defaults, until matchReference().
 */
import { SparkRenderer, SplatMesh } from '@sparkjsdev/spark';
import { PerspectiveCamera, Scene, WebGLRenderer } from 'three';
import type { PinholeView } from '../../../../src/core/scene/camera.ts';
import type { BenchViewer, StageMs } from '../benchViewer.ts';
import { exposeBench } from './benchPage.ts';
import { angleOfView, glCamera } from './cameraMatrix.ts';
import { canvasPixels } from './canvasPixels.ts';

function createSpark(): BenchViewer {
  const renderer = new WebGLRenderer({ antialias: false });
  renderer.setPixelRatio(1);
  renderer.setSize(innerWidth, innerHeight);
  renderer.setClearColor(0, 1);
  document.body.append(renderer.domElement);
  const gl = renderer.getContext();
  const scene = new Scene();
  const camera = new PerspectiveCamera(60, innerWidth / innerHeight, 0.05, 100);
  const spark = new SparkRenderer({ renderer, autoUpdate: false });
  scene.add(spark);

  const place = (view: PinholeView): void => {
    const { centre, rotation: m } = glCamera(view);
    camera.fov = angleOfView(view.heightPx, view.fy);
    camera.updateProjectionMatrix();
    const columns = [m[0], m[3], m[6], 0, m[1], m[4], m[7], 0, m[2], m[5], m[8], 0, ...centre, 1];
    camera.matrix.fromArray(columns);
    camera.matrix.decompose(camera.position, camera.quaternion, camera.scale);
    camera.updateMatrixWorld(true);
  };
  const finish = (): void => gl.readPixels(0, 0, 1, 1, gl.RGBA, gl.UNSIGNED_BYTE, new Uint8Array(4));

  let sortMs = 0;
  let watched = false;
  /** Times the worker's answer: the sort with the way there and back. */
  const watchSort = (): void => {
    const worker = spark.sortWorker;
    if (!worker || watched) return;
    watched = true;
    const call = worker.call.bind(worker);
    worker.call = async (...args) => {
      const started = performance.now();
      const answer = await call(...args);
      sortMs = performance.now() - started;
      return answer;
    };
  };
  const settle = async (view: PinholeView): Promise<StageMs> => {
    place(view);
    const started = performance.now();
    await spark.update({ scene, camera });
    const ordered = performance.now();
    renderer.render(scene, camera);
    finish();
    const done = performance.now();
    const stages = watched ? { project: ordered - started - sortMs, sort: sortMs } : { project: null, sort: null };
    watchSort();
    return { ...stages, draw: done - ordered };
  };

  return {
    async load(url, first) {
      const mesh = new SplatMesh({ url });
      scene.add(mesh);
      await mesh.initialized;
      await settle(first);
    },
    ready: async () => undefined,
    show: settle,
    async move(view) {
      place(view);
      spark.autoUpdate = true;
      renderer.render(scene, camera);
      spark.autoUpdate = false;
      finish();
    },
    async picture(view) {
      while (spark.sorting) await new Promise((resolve) => setTimeout(resolve, 5));
      await settle(view);
      renderer.render(scene, camera);
      return canvasPixels(renderer.domElement);
    },
    gpuStages: async () => null,
    matchReference() {
      spark.preBlurAmount = 0.3;
      spark.blurAmount = 0;
      spark.sortRadial = false;
      spark.maxStdDev = 3;
    },
    gpuBytes: async () => null,
  };
}

exposeBench(createSpark());
