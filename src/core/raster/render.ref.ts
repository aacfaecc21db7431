/**
 * The whole rasterizer's CPU twin: projection and blend, forward and back. Invariant: backwardRef is given what renderRef returned for
 * the same splats, view and options.
 */
import type { PinholeView } from '../scene/camera.ts';
import { type Blended, blendBackwardRef, blendRef } from './blend.ref.ts';
import { type Projected, type RasterOptions, type SplatArrays, projectRef } from './project.ref.ts';
import { type ScreenGradients, type SplatGradients, projectBackwardRef } from './projectBack.ref.ts';

export interface Rendered extends Blended {
  projected: Projected;
}

/** Image [H, W, 3], final transmittance [H, W] and number of blended splats [H, W] of a view. */
export function renderRef(splats: SplatArrays, view: PinholeView, options: RasterOptions = {}): Rendered {
  const projected = projectRef(splats, view, options);
  return { projected, ...blendRef(projected, view.widthPx, view.heightPx, options) };
}

/** Gradients of all parameters and of the image-plane Gaussians from dL/d image, [H, W, 3]. */
export function backwardRef(
  splats: SplatArrays,
  view: PinholeView,
  options: RasterOptions,
  rendered: Rendered,
  dImage: ArrayLike<number>,
): { screen: ScreenGradients; splats: SplatGradients } {
  const screen = blendBackwardRef(rendered.projected, rendered, options, dImage);
  return { screen, splats: projectBackwardRef(splats, view, options, rendered.projected, screen) };
}
