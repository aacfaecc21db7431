/**
 * What the bench asks of a viewer in its page, and what a page answers. One adapter per viewer in pages/.
 * Invariant: every time ends with the GPU done; a stage a viewer cannot tell apart is null, never a guess.
 */
import type { PinholeView } from '../../../src/core/scene/camera.ts';

/** Milliseconds of one picture by stage. */
export interface StageMs {
  project: number | null;
  sort: number | null;
  draw: number | null;
}

export interface BenchViewer {
  /** Loads the splats and resolves when the first whole picture is done. */
  load(url: string, first: PinholeView): Promise<void>;
  /** What the camera path needs beyond load(), untimed. */
  ready(): Promise<void>;
  /** Draws the view with the splats in that view's order and waits until all of it is done. */
  show(view: PinholeView): Promise<StageMs>;
  /** Draws the view as the viewer does while the camera moves, with whatever order is there, and waits for the GPU. */
  move(view: PinholeView): Promise<void>;
  /** Draws like show() and gives the pixels, RGBA, rows from the top. */
  picture(view: PinholeView): Promise<Uint8ClampedArray>;
  /** Stage times from the GPU's own clock, the mean over the views; null where it has none. Slower than show(). */
  gpuStages(views: PinholeView[]): Promise<StageMs | null>;
  /** Sets the options that come closest to the reference (z order, low-pass as trained); pictures only. */
  matchReference(): void;
  /** GPU bytes held for the splats; null when the viewer does not tell. */
  gpuBytes(): Promise<number | null>;
}

export interface PathTimes {
  /** Per view: wall time of show(). */
  totalMs: number[];
  stages: StageMs[];
}

/** The page's side, at window.bench. */
export interface BenchPage {
  /** Milliseconds from the page's navigation to the first picture. */
  load(url: string, first: PinholeView): Promise<number>;
  /** Makes all ready for the camera path and draws the view once: the first picture compiles and allocates and does not count. */
  ready(view: PinholeView): Promise<void>;
  /** Views far apart, each drawn in full. */
  path(views: PinholeView[]): Promise<PathTimes>;
  /** Views in small steps, drawn as while moving; milliseconds of each. */
  glide(views: PinholeView[]): Promise<number[]>;
  /** Base64 of the RGBA bytes. */
  picture(view: PinholeView, matched: boolean): Promise<string>;
  gpuStages(views: PinholeView[]): Promise<StageMs | null>;
  gpuBytes(): Promise<number | null>;
  device(): Promise<string>;
}

declare global {
  interface Window {
    bench: BenchPage;
  }
}
