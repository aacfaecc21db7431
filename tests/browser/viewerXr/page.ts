/** The page's side of the headset tests: two splats, a session on a headset that is not there, and what comes out. */
import { type Result, fail, ok } from '../../../src/core/job/failure.ts';
import { emptySplats } from '../../../src/core/scene/splats.ts';
import { packSplats } from '../../../src/core/view/packedSplats.ts';
import type { SplatRenderer } from '../../../src/core/view/splatRenderer.ts';
import type { XrMode, XrSystem } from '../../../src/viewer/xr/webxrTypes.ts';
import { createXrButtons } from '../../../src/viewer/xr/xrButton.ts';
import { createEyeCopy } from '../../../src/viewer/xr/eyeCopy.ts';
import { type XrHooks, type XrRay, type XrRun, enterXr } from '../../../src/viewer/xr/xrSession.ts';
import { type FakeSession, type Headset, type Installed, install, spaceAt } from './fakeXr.ts';

export interface Scene {
  /** World positions of a red and a green splat. */
  points: [number, number, number][];
  camera: XrHooks['camera'];
  metresPerUnit: number;
  background: [number, number, number, number];
  fillFails?: boolean;
}

declare global {
  var xrPage: {
    headset: Headset;
    installed: Installed;
    renderer: SplatRenderer | null;
    run: XrRun | null;
    rays: XrRay[];
    heard: string[];
    wear(headset: Headset): void;
    enter(mode: XrMode, scene: Scene): Promise<string>;
    buttons(scene: Scene): HTMLElement;
    session(): FakeSession;
    /** Frames until the picture has its order, then one more; the pixels of both eyes as base64. */
    settled(): Promise<string[]>;
    fire(type: string, source: object): void;
    spaceAt: typeof spaceAt;
    disposeButtons(): void;
    /** What a picture of 2 by 1 pixels leaves in a target of 4 by 2 that was all 9, when its part is the lower right corner. */
    copied(format: GPUTextureFormat, picture: number[]): Promise<number[]>;
  };
}

const sh0 = 0.28209479177387814;
let clockMs = 1000;

const base64 = (bytes: Uint8Array): string => btoa(Array.from(bytes, (b) => String.fromCharCode(b)).join(''));

function fill(renderer: SplatRenderer, { points, fillFails }: Scene): Result<unknown> {
  xrPage.renderer = renderer;
  const splats = emptySplats(points.length, 0);
  points.forEach(([x, y, z], i) => {
    // In the file x and y are turned round.
    splats.means.set([-x, -y, z], 3 * i);
    splats.logScales.fill(Math.log(0.06), 3 * i, 3 * i + 3);
    splats.quats.set([1, 0, 0, 0], 4 * i);
    splats.opacityLogits[i] = 6;
    splats.sh.set([0, 1, 2].map((c) => ((c === i ? 1 : 0) - 0.5) / sh0), 3 * i); // prettier-ignore
  });
  renderer.open({ shDegree: 0, antialiased: false, capacity: splats.count });
  renderer.append(packSplats(splats));
  return fillFails ? fail('bad-file', 'Not a splat.') : ok(null);
}

const hooksOf = (scene: Scene): Omit<XrHooks, 'xr' | 'document'> => ({
  fill: async (renderer) => fill(renderer, scene),
  look: () => ({ near: 0.05, shDegree: 0, background: scene.background, exposure: 1, crop: null, worldFromFile: [0, 0, 0, 1] }),
  camera: scene.camera,
  metresPerUnit: scene.metresPerUnit,
  onselect: (ray) => xrPage.rays.push(ray),
});
const system = (): XrSystem => (navigator as Navigator & { xr: XrSystem }).xr;
let made: ReturnType<typeof createXrButtons> | null = null;

globalThis.xrPage = {
  headset: {} as Headset,
  installed: {} as Installed,
  renderer: null,
  run: null,
  rays: [],
  heard: [],
  spaceAt,
  wear(headset) {
    xrPage.headset = headset;
    xrPage.installed = install(headset);
  },
  async enter(mode, scene) {
    const entered = await enterXr(mode, { ...hooksOf(scene), xr: system(), document });
    if (!entered.ok) return `${entered.failure.code}: ${entered.failure.detail}`;
    xrPage.run = entered.value;
    return entered.value.backend;
  },
  buttons(scene) {
    made = createXrButtons({
      document,
      xr: system(),
      strings: { viewInVr: 'View in VR', viewInAr: 'View in AR', exit: 'Exit' },
      scene: () => hooksOf(scene),
      onenter: ({ mode }) => xrPage.heard.push(`in ${mode}`),
      onleave: () => xrPage.heard.push('out'),
      onfail: ({ code }) => xrPage.heard.push(code),
    });
    return document.body.appendChild(made.element);
  },
  disposeButtons: () => made?.dispose(),
  async copied(format, picture) {
    const device = await (await navigator.gpu.requestAdapter())?.requestDevice();
    if (!device) throw new Error('There is no device.');
    const eye = device.createTexture({ size: [2, 1], format: 'rgba8unorm', usage: 4 | 2 });
    const target = device.createTexture({ size: [4, 2], format, usage: 16 | 2 | 1 });
    device.queue.writeTexture({ texture: eye }, new Uint8Array(picture), {}, [2, 1]);
    device.queue.writeTexture({ texture: target }, new Uint8Array(32).fill(9), { bytesPerRow: 16 }, [4, 2]);
    const copy = await createEyeCopy(device, format);
    copy(eye, { colorTexture: target, viewport: { x: 2, y: 1, width: 2, height: 1 }, getViewDescriptor: () => ({}) });
    const buffer = device.createBuffer({ size: 512, usage: 8 | 1 });
    const encoder = device.createCommandEncoder();
    encoder.copyTextureToBuffer({ texture: target }, { buffer, bytesPerRow: 256 }, [4, 2]);
    device.queue.submit([encoder.finish()]);
    await buffer.mapAsync(1);
    const bytes = Array.from(new Uint8Array(buffer.getMappedRange()));
    device.destroy();
    return [...bytes.slice(0, 16), ...bytes.slice(256, 272)];
  },
  session: () => xrPage.installed.sessions[xrPage.installed.sessions.length - 1],
  async settled() {
    const session = xrPage.session();
    const next = (): void => session.deliver((clockMs += 11));
    const startMs = performance.now();
    do {
      next();
      await new Promise((resolve) => setTimeout(resolve, 10));
    } while (xrPage.renderer?.stats().sorts === 0 && performance.now() - startMs < 30_000);
    next();
    const eyes = [xrPage.installed.read(session, 0), xrPage.installed.read(session, 1)];
    return (await Promise.all(eyes)).map(base64);
  },
  fire(type, source) {
    const session = xrPage.session();
    session.dispatchEvent(Object.assign(new Event(type), { frame: session.frame(), inputSource: source }));
  },
};
document.title = 'ready';
