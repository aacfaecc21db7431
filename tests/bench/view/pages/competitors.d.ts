/** The little that the bench uses of packages that are installed only when it runs. Invariant: types only; the versions are in ../install.ts. */
declare module 'three' {
  export class Object3D {
    add(child: object): void;
  }
  export class Scene extends Object3D {}
  export class PerspectiveCamera extends Object3D {
    constructor(fov: number, aspect: number, near: number, far: number);
    fov: number;
    position: object;
    quaternion: object;
    scale: object;
    matrix: { fromArray(values: number[]): void; decompose(position: object, quaternion: object, scale: object): void };
    updateProjectionMatrix(): void;
    updateMatrixWorld(force: boolean): void;
  }
  export class WebGLRenderer {
    constructor(options: { antialias: boolean });
    domElement: HTMLCanvasElement;
    getContext(): WebGL2RenderingContext;
    setPixelRatio(ratio: number): void;
    setSize(width: number, height: number): void;
    setClearColor(colour: number, alpha: number): void;
    render(scene: Scene, camera: PerspectiveCamera): void;
  }
}

declare module '@sparkjsdev/spark' {
  import { type PerspectiveCamera, type Scene, type WebGLRenderer } from 'three';
  export class SparkRenderer {
    constructor(options: { renderer: WebGLRenderer; autoUpdate?: boolean });
    autoUpdate: boolean;
    preBlurAmount: number;
    blurAmount: number;
    sortRadial: boolean;
    maxStdDev: number;
    sorting: boolean;
    sortWorker: { call(...args: unknown[]): Promise<unknown> } | null;
    update(what: { scene: Scene; camera: PerspectiveCamera }): Promise<void>;
  }
  export class SplatMesh {
    constructor(options: { url: string });
    initialized: Promise<unknown>;
  }
}

declare module '@playcanvas/supersplat-viewer/viewer' {
  export interface CameraEntity {
    setPosition(x: number, y: number, z: number): void;
    setRotation(x: number, y: number, z: number, w: number): void;
    camera: { fov: number; horizontalFov: boolean; nearClip: number; farClip: number };
  }
  export interface PlayCanvasApp {
    root: { findByName(name: string): CameraEntity | null };
    scene: { gsplat: { radialSorting: boolean; minContribution: number } };
    graphicsDevice: {
      canvas: HTMLCanvasElement;
      wgpu?: GPUDevice;
      gl?: WebGL2RenderingContext;
      gpuProfiler: { enabled: boolean; passTimings: Map<string, number> };
    };
    renderNextFrame: boolean;
    tick(timestamp: number): void;
    on(name: string, listener: () => void): void;
  }
  export function createViewer(options: {
    container: HTMLElement;
    settings: object;
    contentUrl: string;
    ui?: boolean;
    noanim?: boolean;
    nofx?: boolean;
  }): Promise<{ app: PlayCanvasApp; state: { loaded: boolean }; events: { once(name: string, listener: () => void): void } }>;
}
