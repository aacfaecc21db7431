/** The page's side of the bench: runs the camera path on an adapter. Invariant: one view at a time, each finished before the next. */
import type { PinholeView } from '../../../../src/core/scene/camera.ts';
import type { BenchViewer, PathTimes } from '../benchViewer.ts';

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

async function timed<T>(work: () => Promise<T>): Promise<[ms: number, result: T]> {
  const started = performance.now();
  const result = await work();
  return [performance.now() - started, result];
}

function base64(bytes: Uint8ClampedArray): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += 0x8000) text += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
  return btoa(text);
}

async function deviceName(): Promise<string> {
  const info = (await navigator.gpu?.requestAdapter())?.info;
  const gl = document.createElement('canvas').getContext('webgl2');
  const named = gl?.getExtension('WEBGL_debug_renderer_info');
  const webGl: unknown = gl && named ? gl.getParameter(named.UNMASKED_RENDERER_WEBGL) : 'none';
  const webGpu = info ? [info.vendor, info.architecture, info.description].filter(Boolean).join(' ') : 'none';
  return `WebGPU: ${webGpu}; WebGL: ${String(webGl)}`;
}

async function runPath(viewer: BenchViewer, views: PinholeView[]): Promise<PathTimes> {
  const times: PathTimes = { totalMs: [], stages: [] };
  for (const view of views) {
    const [ms, stages] = await timed(() => viewer.show(view));
    times.totalMs.push(ms);
    times.stages.push(stages);
  }
  return times;
}

async function runGlide(viewer: BenchViewer, views: PinholeView[]): Promise<number[]> {
  const times: number[] = [];
  for (const view of views) {
    // A sort that goes on beside the drawing gets the time of a display's frame between two pictures, as it does on a page.
    await pause(16);
    times.push((await timed(() => viewer.move(view)))[0]);
  }
  return times;
}

/** Puts the adapter at window.bench. */
export function exposeBench(viewer: BenchViewer): void {
  let matched = false;
  window.bench = {
    async load(url, first) {
      await viewer.load(url, first);
      return performance.now();
    },
    async ready(view) {
      await viewer.ready();
      await viewer.show(view);
    },
    path: (views) => runPath(viewer, views),
    glide: (views) => runGlide(viewer, views),
    async picture(view, match) {
      if (match && !matched) viewer.matchReference();
      matched ||= match;
      return base64(await viewer.picture(view));
    },
    gpuStages: (views) => viewer.gpuStages(views),
    gpuBytes: () => viewer.gpuBytes(),
    device: deviceName,
  };
}
