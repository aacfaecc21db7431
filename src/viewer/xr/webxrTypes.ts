/**
 * The part of WebXR that is used here, as types: the compiler's own library has none of it.
 * Invariant: only what the specifications name (WebXR Device API, Gamepads and DOM Overlays modules, WebXR/WebGPU Binding draft); what may
 * be missing in a browser is optional.
 */
export type XrMode = 'immersive-vr' | 'immersive-ar';

/** navigator.xr */
export interface XrSystem extends EventTarget {
  isSessionSupported(mode: XrMode): Promise<boolean>;
  requestSession(mode: XrMode, init?: XrSessionInit): Promise<XrSession>;
}

export interface XrSessionInit {
  requiredFeatures?: string[];
  optionalFeatures?: string[];
  domOverlay?: { root: Element };
}

export type XrSpace = EventTarget;

export interface XrRigidTransform {
  /** 4x4, by columns. */
  readonly matrix: Float32Array;
}

export interface XrView {
  readonly eye: 'left' | 'right' | 'none';
  /** 4x4, by columns, from the eye's space (x right, y up, z backward) to clip space. */
  readonly projectionMatrix: Float32Array;
  /** From the eye's space to the reference space. */
  readonly transform: XrRigidTransform;
}

export interface XrViewerPose {
  readonly transform: XrRigidTransform;
  readonly views: readonly XrView[];
}

export interface XrFrame {
  getViewerPose(space: XrSpace): XrViewerPose | null | undefined;
  getPose(space: XrSpace, base: XrSpace): { readonly transform: XrRigidTransform } | null | undefined;
}

export interface XrInputSource {
  readonly handedness: 'left' | 'right' | 'none';
  readonly targetRaySpace: XrSpace;
  readonly gamepad?: { readonly axes: readonly number[] } | null;
}

export interface XrInputEvent extends Event {
  readonly frame: XrFrame;
  readonly inputSource: XrInputSource;
}

export interface XrViewport {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface XrRenderState {
  baseLayer?: XrWebGlLayer;
  layers?: object[];
  depthNear?: number;
}

export interface XrSession extends EventTarget {
  readonly inputSources: Iterable<XrInputSource>;
  readonly environmentBlendMode?: 'opaque' | 'additive' | 'alpha-blend';
  requestReferenceSpace(type: 'local' | 'local-floor'): Promise<XrSpace>;
  requestAnimationFrame(callback: (timeMs: number, frame: XrFrame) => void): number;
  updateRenderState(state: XrRenderState): void;
  end(): Promise<void>;
}

export interface XrWebGlLayer {
  /** Null only for sessions inside the page. */
  readonly framebuffer: WebGLFramebuffer | null;
  /** Pixels from the lower left corner of the framebuffer. */
  getViewport(view: XrView): XrViewport | null | undefined;
}

export type XrWebGlLayerClass = new (
  session: XrSession,
  context: WebGL2RenderingContext,
  init: {
    alpha: boolean;
    antialias: boolean;
    depth: boolean;
    stencil: boolean;
    ignoreDepthValues: boolean;
    framebufferScaleFactor: number;
  },
) => XrWebGlLayer;

export interface XrGpuSubImage {
  readonly colorTexture: GPUTexture;
  /** Pixels from the upper left corner of the texture. */
  readonly viewport: XrViewport;
  getViewDescriptor(): GPUTextureViewDescriptor;
}

export interface XrGpuBinding {
  getPreferredColorFormat(): GPUTextureFormat;
  createProjectionLayer(init: { colorFormat: GPUTextureFormat; scaleFactor: number }): object;
  getViewSubImage(layer: object, view: XrView): XrGpuSubImage;
}

export type XrGpuBindingClass = new (session: XrSession, device: GPUDevice) => XrGpuBinding;
