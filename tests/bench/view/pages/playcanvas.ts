/**
 * SuperSplat Viewer (PlayCanvas's) in its page, without its controls. Its loop only draws when asked; the bench asks by calling one tick
 * itself, after putting the engine's camera where the view is. Its GPU sorts within the frame. Invariant: defaults, until matchReference().
 */
import { type PlayCanvasApp, createViewer } from '@playcanvas/supersplat-viewer/viewer';
import type { PinholeView } from '../../../../src/core/scene/camera.ts';
import type { BenchViewer, StageMs } from '../benchViewer.ts';
import { exposeBench } from './benchPage.ts';
import { angleOfView, glCamera, glQuaternion, turnedAboutZ } from './cameraMatrix.ts';
import { canvasPixels } from './canvasPixels.ts';

const off = { enabled: false };
const settings = {
  version: 2,
  tonemapping: 'none',
  highPrecisionRendering: false,
  background: { color: [0, 0, 0] },
  postEffectSettings: {
    sharpness: { ...off, amount: 0 },
    bloom: { ...off, intensity: 0.1, blurLevel: 2 },
    grading: { ...off, brightness: 1, contrast: 1, saturation: 1, tint: [1, 1, 1] },
    vignette: { ...off, intensity: 0.5, inner: 0.3, outer: 0.75, curvature: 1 },
    fringing: { ...off, intensity: 0.5 },
  },
  animTracks: [],
  cameras: [{ initial: { position: [0, 1, 3], target: [0, 0, 0], fov: 60 } }],
  annotations: [],
  startMode: 'default',
};

/** Adds the engine's pass times by stage. Its render passes' names are mangled: what runs before the projector fills the work buffer. */
function addStages(passes: Map<string, number>, sums: Record<keyof StageMs, number>): void {
  let projected = false;
  for (const [name, ms] of passes) {
    projected ||= name.startsWith('GSplatProjector');
    const stage = /Radix|PrefixSum/.test(name) ? 'sort' : projected && !name.startsWith('GSplat') ? 'draw' : 'project';
    sums[stage] += ms;
  }
}

function createPlayCanvas(): BenchViewer {
  let app: PlayCanvasApp;
  let wanted: PinholeView | null = null;

  const place = (): void => {
    const entity = app.root.findByName('camera');
    if (!wanted || !entity) return;
    const placed = turnedAboutZ(glCamera(wanted));
    const [w, x, y, z] = glQuaternion(placed);
    entity.setPosition(...placed.centre);
    entity.setRotation(x, y, z, w);
    entity.camera.horizontalFov = true;
    entity.camera.fov = angleOfView(wanted.widthPx, wanted.fx);
    entity.camera.nearClip = 0.05;
    entity.camera.farClip = 100;
  };
  const tick = (view: PinholeView): void => {
    wanted = view;
    app.renderNextFrame = true;
    app.tick(performance.now());
  };
  const finished = async (): Promise<void> => {
    const device = app.graphicsDevice;
    if (device.wgpu) await device.wgpu.queue.onSubmittedWorkDone();
    else device.gl?.finish();
  };
  const show = async (view: PinholeView): Promise<void> => {
    tick(view);
    await finished();
  };

  return {
    async load(contentUrl, first) {
      const container = document.createElement('div');
      container.style.cssText = 'position:fixed;inset:0';
      document.body.append(container);
      const viewer = await createViewer({ container, settings, contentUrl, ui: false, noanim: true, nofx: true });
      app = viewer.app;
      wanted = first;
      // After the viewer's own listener, which puts the camera where its controls want it.
      app.on('update', place);
      if (!viewer.state.loaded) await new Promise<void>((resolve) => viewer.events.once('loaded:changed', () => resolve()));
      await show(first);
      if (!app.graphicsDevice.wgpu) throw new Error('PlayCanvas fell back to WebGL.');
    },
    ready: async () => undefined,
    async show(view) {
      await show(view);
      return { project: null, sort: null, draw: null };
    },
    move: show,
    async picture(view) {
      await show(view);
      tick(view);
      return canvasPixels(app.graphicsDevice.canvas);
    },
    async gpuStages(views) {
      const { gpuProfiler } = app.graphicsDevice;
      gpuProfiler.enabled = true;
      const sums = { project: 0, sort: 0, draw: 0 };
      await show(views[0]);
      for (const view of views) {
        await show(view);
        // The timings arrive by a read back of their own.
        await new Promise((resolve) => setTimeout(resolve, 100));
        addStages(gpuProfiler.passTimings, sums);
      }
      gpuProfiler.enabled = false;
      const mean = { project: sums.project / views.length, sort: sums.sort / views.length, draw: sums.draw / views.length };
      return mean.draw > 0 ? mean : null;
    },
    matchReference() {
      app.scene.gsplat.radialSorting = false;
      app.scene.gsplat.minContribution = 0;
    },
    gpuBytes: async () => null,
  };
}

exposeBench(createPlayCanvas());
