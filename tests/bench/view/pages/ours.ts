/**
 * This viewer in its page: the element loads the file and shows the first picture, as on anybody's page. The camera path then runs on a
 * renderer of its own with the same splats, which can be waited for. Invariant: what only the bench needs is loaded after the first picture.
 */
import '../../../../src/viewer/define.ts';
import { leaseGpu } from '../../../../src/viewer/sharedGpu.ts';
import type { PinholeView } from '../../../../src/core/scene/camera.ts';
import type { BenchViewer } from '../benchViewer.ts';
import { exposeBench } from './benchPage.ts';
import type { OursPath } from './oursPath.ts';

const nextFrame = (): Promise<unknown> => new Promise((resolve) => requestAnimationFrame(resolve));

async function showElement(url: string): Promise<void> {
  const element = document.createElement('splat-viewer');
  element.style.cssText = 'position:fixed;inset:0;width:100%;height:100%';
  element.setAttribute('background', '#000');
  element.setAttribute('interaction-prompt', 'none');
  document.body.append(element);
  const loaded = await element.load(url);
  if (!loaded.ok) throw new Error(loaded.failure.detail);
  const frames = element.stats?.frames ?? 0;
  for (let i = 0; i < 600 && (element.stats?.frames ?? 0) <= frames; i++) await nextFrame();
  const lease = await leaseGpu();
  if (!lease.ok) throw new Error(lease.failure.detail);
  await lease.value.gpu.device.queue.onSubmittedWorkDone();
  lease.value.release();
  if (element.backend !== 'webgpu') throw new Error(`The element draws with ${String(element.backend)}.`);
  element.remove();
}

function createOurs(): BenchViewer {
  let path: Promise<OursPath> | null = null;
  let source = '';
  let first: PinholeView;
  const opened = (): Promise<OursPath> => (path ??= import('./oursPath.ts').then(({ openPath }) => openPath(source)));
  return {
    async load(url, view) {
      source = url;
      first = view;
      await showElement(url);
    },
    async ready() {
      // Makes room for all splats: draw() only draws then.
      await (await opened()).picture(first);
    },
    async show(view: PinholeView) {
      await (await opened()).show(view);
      return { project: null, sort: null, draw: null };
    },
    async move(view) {
      await (await opened()).show(view);
    },
    picture: async (view) => (await opened()).picture(view),
    gpuStages: async (views) => (await opened()).gpuStages(views),
    matchReference() {
      // Nothing to set: the reference's rules are this viewer's.
    },
    gpuBytes: async () => (await opened()).gpuBytes(),
  };
}

exposeBench(createOurs());
