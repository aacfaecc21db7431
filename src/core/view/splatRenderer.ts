/**
 * Splat renderer: what the viewer's two ways of drawing (WebGPU and WebGL2) have in common. All positions are in the file's space; the
 * element turns the person's coordinates into it.
 * Invariant: nothing is drawn unless draw() is called; a renderer holds the only copy of the splats.
 */
import type { PinholeView } from '../scene/camera.ts';
import type { PackedSplats } from './packedSplats.ts';

export interface Box {
  low: [number, number, number];
  high: [number, number, number];
}

/** Everything that decides what one picture looks like. */
export interface ViewFrame {
  /** Camera and size in device pixels. */
  view: PinholeView;
  /** Splats with a smaller depth are not drawn. World units. */
  near: number;
  /** Degree in use, at most the scene's. */
  shDegree: number;
  /** Red, green, blue, alpha, 0..1, straight alpha. Alpha 0 leaves the page visible. */
  background: [number, number, number, number];
  /** Factor on the colours, 1 leaves them as they are. */
  exposure: number;
  /** Splats whose mean lies outside are not drawn. File space. */
  crop: Box | null;
}

export interface SceneShape {
  shDegree: number;
  antialiased: boolean;
  /** Splats that will come, as far as known: room to begin with; more may come. */
  capacity: number;
}

/** A point of the picture to look behind. */
export interface ProbePoint {
  /** Pixels of the frame's view, pixel centres at +0.5. */
  xPx: number;
  yPx: number;
  /** Depth along the optical axis up to which light is counted; Infinity for all. */
  depth: number;
}

export interface ProbeAnswer {
  /** Depth along the optical axis at which half of the light is stopped; null where the splats stop less than half. */
  surfaceDepth: number | null;
  /** Share of light that passes everything in front of the asked depth, 0..1. */
  transmittance: number;
}

/** RGBA, 8 bits a channel, straight alpha, rows from the top. */
export interface Picture {
  widthPx: number;
  heightPx: number;
  rgba: Uint8ClampedArray<ArrayBuffer>;
}

export interface RendererStats {
  /** Splats in the scene. */
  splats: number;
  /** GPU bytes held for them. */
  bytes: number;
  /** Times the splats were put into depth order. */
  sorts: number;
  /** Pictures drawn. */
  frames: number;
}

export interface SplatRenderer {
  readonly backend: 'webgpu' | 'webgl2';
  /** Begins a scene and forgets the one before. */
  open(scene: SceneShape): void;
  /** Adds splats of the scene's SH degree at the end. */
  append(batch: PackedSplats): void;
  /** Makes splats invisible, by their position in the order they were added. */
  hide(indices: Uint32Array): void;
  /**
   * Puts other rows in the place of splats from `first` on, whose means must be as before: colours, opacities and shapes of splats that
   * are being edited. [n, geometryWords], as packed.
   */
  rewrite(first: number, geometry: Uint32Array<ArrayBuffer>): void;
  /** Draws into the canvas the renderer was made for, whose size becomes the view's. */
  draw(frame: ViewFrame): void;
  /** Looks along rays of a frame through the splats. */
  probe(frame: ViewFrame, points: ProbePoint[]): Promise<ProbeAnswer[]>;
  /** Draws aside, with the splats in their exact order, and reads the pixels. */
  picture(frame: ViewFrame): Promise<Picture>;
  stats(): RendererStats;
  /** Resolves with a reason when the device or context is gone. Never after dispose(). */
  readonly lost: Promise<string>;
  dispose(): void;
}
