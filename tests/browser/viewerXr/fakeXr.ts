/**
 * A headset that is not there: navigator.xr, its sessions and layers, as the specifications say a page sees them, with frames that come
 * when the test wants. What is drawn stays readable.
 * Invariant: methods insist on their `this`, as a browser's do; a session that has ended takes nothing any more.
 */
import type { XrFrame, XrMode, XrRenderState, XrSessionInit, XrSpace, XrView, XrViewport } from '../../../src/viewer/xr/webxrTypes.ts';

export interface Headset {
  modes: XrMode[];
  /** Name of the error that sessions are refused with. */
  refusal: string | null;
  hasFloor: boolean;
  /** The layer cannot be made. */
  layerFails: boolean;
  /** XRGPUBinding is there. */
  bindsGpu: boolean;
  /** 4x4 by columns; one eye is one entry of each list. */
  head: number[];
  eyes: number[][];
  projections: number[][];
  eyeWidth: number;
  eyeHeight: number;
}

type FrameCallback = (timeMs: number, frame: XrFrame) => void;
const rigid = (matrix: number[]) => ({ matrix: new Float32Array(matrix) });
const eyeNames = ['left', 'right'] as const;
const spaceMatrices = new WeakMap<XrSpace, number[]>();

/** Something whose pose in the room is known. */
export function spaceAt(matrix: number[]): XrSpace {
  const space = new EventTarget();
  spaceMatrices.set(space, matrix);
  return space;
}

export class FakeSession extends EventTarget {
  readonly headset: Headset;
  readonly init: XrSessionInit;
  readonly inputSources: { gamepad: { axes: number[] } | null }[] = [];
  readonly environmentBlendMode: string;
  readonly spaces: string[] = [];
  state: XrRenderState = {};
  over = false;
  #waiting: FrameCallback[] = [];

  constructor(headset: Headset, mode: XrMode, init: XrSessionInit) {
    super();
    [this.headset, this.init] = [headset, init];
    this.environmentBlendMode = mode === 'immersive-ar' ? 'alpha-blend' : 'opaque';
  }

  #live(): void {
    if (this.over) throw new DOMException('The session has ended.', 'InvalidStateError');
  }

  async requestReferenceSpace(type: string): Promise<XrSpace> {
    this.#live();
    this.spaces.push(type);
    if (type === 'local-floor' && !this.headset.hasFloor) throw new DOMException('No floor.', 'NotSupportedError');
    return new EventTarget();
  }

  requestAnimationFrame(callback: FrameCallback): number {
    this.#live();
    return this.#waiting.push(callback);
  }

  updateRenderState(state: XrRenderState): void {
    this.#live();
    Object.assign(this.state, state);
  }

  async end(): Promise<void> {
    this.#live();
    this.over = true;
    this.dispatchEvent(new Event('end'));
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  frame(): XrFrame {
    const { head, eyes, projections } = this.headset;
    const views = eyes.map((eye, k): XrView => ({
      eye: eyeNames[k],
      projectionMatrix: new Float32Array(projections[k]),
      transform: rigid(eye),
    }));
    return {
      getViewerPose: () => ({ transform: rigid(head), views }),
      getPose: (space) => ({ transform: rigid(spaceMatrices.get(space) ?? head) }),
    };
  }

  /** The next frame, at a time. */
  deliver(timeMs: number): void {
    if (!this.state.baseLayer && !this.state.layers) return;
    const callbacks = this.#waiting.splice(0);
    for (const callback of callbacks) callback(timeMs, this.frame());
  }
}

/** Both eyes side by side in one framebuffer, some pixels off the corner. */
class FakeWebGlLayer {
  readonly framebuffer: WebGLFramebuffer;
  readonly session: FakeSession;
  readonly context: WebGL2RenderingContext;

  constructor(session: FakeSession, context: WebGL2RenderingContext) {
    [this.session, this.context] = [session, context];
    const { layerFails, eyeWidth, eyeHeight } = session.headset;
    if (layerFails) throw new DOMException('Another graphics card.', 'InvalidStateError');
    const gl = context;
    const colours = gl.createRenderbuffer();
    this.framebuffer = gl.createFramebuffer();
    gl.bindRenderbuffer(gl.RENDERBUFFER, colours);
    gl.renderbufferStorage(gl.RENDERBUFFER, gl.RGBA8, 2 * eyeWidth, eyeHeight);
    gl.bindFramebuffer(gl.FRAMEBUFFER, this.framebuffer);
    gl.framebufferRenderbuffer(gl.FRAMEBUFFER, gl.COLOR_ATTACHMENT0, gl.RENDERBUFFER, colours);
  }

  getViewport(view: XrView): XrViewport {
    const { eyeWidth, eyeHeight } = this.session.headset;
    return { x: eyeNames.indexOf(view.eye as 'left') * eyeWidth, y: 0, width: eyeWidth, height: eyeHeight };
  }

  /** RGBA of an eye, rows from the top. */
  read(eye: number): Uint8Array {
    const { eyeWidth, eyeHeight } = this.session.headset;
    const [gl, out] = [this.context, new Uint8Array(4 * eyeWidth * eyeHeight)];
    gl.bindFramebuffer(gl.FRAMEBUFFER, this.framebuffer);
    for (let y = 0; y < eyeHeight; y++)
      gl.readPixels(eye * eyeWidth, eyeHeight - 1 - y, eyeWidth, 1, gl.RGBA, gl.UNSIGNED_BYTE, out, 4 * eyeWidth * y);
    return out;
  }
}

/** One slice of an array for every eye. */
class FakeGpuSubImage {
  readonly colorTexture: GPUTexture;
  readonly viewport: XrViewport;
  readonly #slice: number;

  constructor(colorTexture: GPUTexture, slice: number) {
    [this.colorTexture, this.#slice] = [colorTexture, slice];
    this.viewport = { x: 0, y: 0, width: colorTexture.width, height: colorTexture.height };
  }

  getViewDescriptor(): GPUTextureViewDescriptor {
    return { dimension: '2d', baseArrayLayer: this.#slice, arrayLayerCount: 1 };
  }
}

class FakeGpuBinding {
  readonly session: FakeSession;
  readonly device: GPUDevice;

  constructor(session: FakeSession, device: GPUDevice) {
    [this.session, this.device] = [session, device];
    if (!session.init.requiredFeatures?.includes('webgpu')) throw new DOMException('Not for WebGPU.', 'InvalidStateError');
  }

  getPreferredColorFormat(): GPUTextureFormat {
    return 'bgra8unorm';
  }

  createProjectionLayer({ colorFormat }: { colorFormat: GPUTextureFormat }): object {
    const { eyeWidth, eyeHeight } = this.session.headset;
    const texture = this.device.createTexture({ size: [eyeWidth, eyeHeight, 2], format: colorFormat, usage: 16 | 1 });
    return { texture, read: (eye: number) => this.#read(texture, eye) };
  }

  getViewSubImage(layer: { texture: GPUTexture }, view: XrView): FakeGpuSubImage {
    return new FakeGpuSubImage(layer.texture, eyeNames.indexOf(view.eye as 'left'));
  }

  async #read(texture: GPUTexture, eye: number): Promise<Uint8Array> {
    const { width, height } = texture;
    const buffer = this.device.createBuffer({ size: 4 * width * height, usage: 8 | 1 });
    const encoder = this.device.createCommandEncoder();
    // Rows of 256 bytes or a multiple: the tests' eyes are that wide.
    encoder.copyTextureToBuffer({ texture, origin: [0, 0, eye] }, { buffer, bytesPerRow: 4 * width }, [width, height]);
    this.device.queue.submit([encoder.finish()]);
    await buffer.mapAsync(1);
    const bgra = new Uint8Array(buffer.getMappedRange());
    return bgra.map((_, k) => bgra[k % 4 === 0 ? k + 2 : k % 4 === 2 ? k - 2 : k]);
  }
}

export interface Installed {
  sessions: FakeSession[];
  /** What the page did to be drawn from by the headset. */
  calls: string[];
  /** RGBA of an eye of a session, rows from the top. */
  read(session: FakeSession, eye: number): Promise<Uint8Array>;
}

/** Puts the headset on. */
export function install(headset: Headset): Installed {
  const installed: Installed = {
    sessions: [],
    calls: [],
    read: async ({ state }, eye) => ((state.baseLayer ?? state.layers?.[0]) as { read(eye: number): Promise<Uint8Array> }).read(eye),
  };
  const xr = new (class extends EventTarget {
    async isSessionSupported(mode: XrMode): Promise<boolean> {
      return headset.modes.includes(mode);
    }
    async requestSession(mode: XrMode, init: XrSessionInit): Promise<FakeSession> {
      if (headset.refusal) throw new DOMException('No.', headset.refusal);
      const session = new FakeSession(headset, mode, init);
      installed.sessions.push(session);
      return session;
    }
  })();
  Object.defineProperty(navigator, 'xr', { value: xr, configurable: true });
  Object.assign(globalThis, { XRWebGLLayer: FakeWebGlLayer });
  if (headset.bindsGpu) Object.assign(globalThis, { XRGPUBinding: FakeGpuBinding });
  else delete (globalThis as { XRGPUBinding?: unknown }).XRGPUBinding;

  Object.assign(WebGL2RenderingContext.prototype, {
    async makeXRCompatible() {
      installed.calls.push('makeXRCompatible');
    },
  });
  const getContext = HTMLCanvasElement.prototype.getContext as (this: unknown, kind: string, settings?: object) => unknown;
  HTMLCanvasElement.prototype.getContext = function (
    this: HTMLCanvasElement,
    kind: string,
    { xrCompatible, ...settings }: { xrCompatible?: boolean } = {},
  ) {
    if (xrCompatible) installed.calls.push(`${kind} for headsets`);
    return getContext.call(this, kind, settings);
  } as never;
  if ('gpu' in navigator) {
    const { gpu } = navigator;
    const request = gpu.requestAdapter.bind(gpu);
    gpu.requestAdapter = async ({ xrCompatible, ...options } = {}) => {
      if (xrCompatible) installed.calls.push('adapter for headsets');
      const adapter = await request(options);
      // With subgroups two sorts would be measured first, which takes a software adapter long and is tested elsewhere.
      const features = new Set(adapter?.features);
      features.delete('subgroups');
      return adapter && Object.defineProperty(adapter, 'features', { value: features });
    };
  }
  return installed;
}
