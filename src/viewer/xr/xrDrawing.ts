/** Drawing for a headset: what the two ways of drawing (WebGPU and WebGL2) have in common. Invariant: types only. */
import type { SplatRenderer, ViewFrame } from '../../core/view/splatRenderer.ts';
import type { XrView } from './webxrTypes.ts';

export interface XrDrawing {
  /** A renderer of its own, empty: the page's may be on a device that the headset cannot use. */
  readonly renderer: SplatRenderer;
  /** Draws the views of a pose; only inside the session's frame callback. `frameOf` says what a view of this size shows. */
  draw(views: readonly XrView[], frameOf: (view: XrView, size: { width: number; height: number }) => ViewFrame): void;
  dispose(): void;
}
