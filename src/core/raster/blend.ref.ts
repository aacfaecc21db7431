/**
 * CPU twin of the blend: image-plane Gaussians over one another, front to back (Kerbl et al. 2023, eq. 3 and appendix C), and back again.
 * Splats are the outer loop and each pixel keeps its own transmittance; that gives every pixel the same sequence as a loop over its list.
 * Invariant: order is depth, then splat index, so the result does not depend on how anything was sorted.
 */
import { type Projected, type RasterOptions, minAlpha } from './project.ref.ts';
import type { ScreenGradients } from './projectBack.ref.ts';

/** No splat hides what is behind it entirely: keeps 1 - alpha away from 0 in the backward pass. */
export const maxAlpha = 0.999;
const defaultStopAtT = 1e-4;

export interface Blended {
  widthPx: number;
  heightPx: number;
  /** [H, W, 3], not clamped to 1. */
  image: Float64Array;
  /** [H, W] transmittance left for the background. */
  finalT: Float64Array;
  /** [H, W] number of splats blended. */
  perPixelCounts: Uint32Array;
  /** Visible splats, front to back. */
  order: Uint32Array;
  /** [H, W] rank in `order` of the splat that ended the pixel, or order.length when none did. */
  endRank: Uint32Array;
}

/** Visible splats by depth; equal depths by index. */
export function depthOrderRef(projected: Projected): Uint32Array {
  const ids = Uint32Array.from(projected.visible.keys()).filter((i) => projected.visible[i] === 1);
  return ids.sort((i, j) => projected.depth[i] - projected.depth[j] || i - j);
}

/** Calls `visit` for every pixel that the splat's box touches, with its index and its centre's offset from the splat's. */
function forPixels(
  p: Projected,
  i: number,
  widthPx: number,
  heightPx: number,
  visit: (pixel: number, dx: number, dy: number) => void,
): void {
  const [rx, ry] = [p.radius[2 * i], p.radius[2 * i + 1]];
  const [left, right] = [Math.max(0, Math.floor(p.u[i] - rx)), Math.min(widthPx - 1, Math.floor(p.u[i] + rx))];
  const [top, bottom] = [Math.max(0, Math.floor(p.v[i] - ry)), Math.min(heightPx - 1, Math.floor(p.v[i] + ry))];
  for (let y = top; y <= bottom; y++) for (let x = left; x <= right; x++) visit(y * widthPx + x, x + 0.5 - p.u[i], y + 0.5 - p.v[i]);
}

/** exp(min(power, 0)) at an offset from the splat's centre. The conic is positive definite: only rounding could lift power above 0. */
function falloff(conic: Float64Array, i: number, dx: number, dy: number): number {
  const power = -0.5 * (conic[3 * i] * dx * dx + conic[3 * i + 2] * dy * dy) - conic[3 * i + 1] * dx * dy;
  return Math.exp(Math.min(power, 0));
}

/** Blends the visible splats over the background. */
export function blendRef(projected: Projected, widthPx: number, heightPx: number, options: RasterOptions = {}): Blended {
  const { colour, conic, opacity } = projected;
  const stopAtT = options.stopAtT ?? defaultStopAtT;
  const order = depthOrderRef(projected);
  const image = new Float64Array(widthPx * heightPx * 3);
  const finalT = new Float64Array(widthPx * heightPx).fill(1);
  const perPixelCounts = new Uint32Array(widthPx * heightPx);
  const endRank = new Uint32Array(widthPx * heightPx).fill(order.length);
  order.forEach((i, rank) =>
    forPixels(projected, i, widthPx, heightPx, (pixel, dx, dy) => {
      if (endRank[pixel] < rank) return;
      const alpha = Math.min(maxAlpha, opacity[i] * falloff(conic, i, dx, dy));
      if (alpha < minAlpha) return;
      const t = finalT[pixel];
      if (t * (1 - alpha) < stopAtT) {
        endRank[pixel] = rank;
        return;
      }
      for (let c = 0; c < 3; c++) image[3 * pixel + c] += alpha * t * colour[3 * i + c];
      finalT[pixel] = t * (1 - alpha);
      perPixelCounts[pixel]++;
    }),
  );
  const background = options.background ?? [0, 0, 0];
  for (let k = 0; k < image.length; k++) image[k] += finalT[(k - (k % 3)) / 3] * background[k % 3];
  return { widthPx, heightPx, image, finalT, perPixelCounts, order, endRank };
}

/** Backward of blendRef: back to front, undoing each pixel's transmittance. `dImage` is dL/d image, [H, W, 3]. */
export function blendBackwardRef(
  projected: Projected,
  blended: Blended,
  options: RasterOptions,
  dImage: ArrayLike<number>,
): ScreenGradients {
  const { count, colour, conic, opacity } = projected;
  const floats = (width: number): Float64Array => new Float64Array(count * width);
  const grad: ScreenGradients = { u: floats(1), v: floats(1), conic: floats(3), colour: floats(3), opacity: floats(1) };
  const transmittance = Float64Array.from(blended.finalT);
  const background = options.background ?? [0, 0, 0];
  /** What a pixel shows behind the splats still to be undone, as if nothing were in front. */
  const behind = Float64Array.from(blended.image, (_, k) => background[k % 3]);
  for (let rank = blended.order.length - 1; rank >= 0; rank--) {
    const i = blended.order[rank];
    forPixels(projected, i, blended.widthPx, blended.heightPx, (pixel, dx, dy) => {
      if (blended.endRank[pixel] <= rank) return;
      const g = falloff(conic, i, dx, dy);
      const alpha = Math.min(maxAlpha, opacity[i] * g);
      if (alpha < minAlpha) return;
      const t = (transmittance[pixel] /= 1 - alpha);
      let dAlpha = 0;
      for (let c = 0; c < 3; c++) {
        const [k, own] = [3 * pixel + c, colour[3 * i + c]];
        grad.colour[3 * i + c] += alpha * t * dImage[k];
        dAlpha += t * dImage[k] * (own - behind[k]);
        behind[k] += alpha * (own - behind[k]);
      }
      if (opacity[i] * g <= maxAlpha) addAlphaGradient(grad, conic, i, dx, dy, g * dAlpha, opacity[i]);
    });
  }
  return grad;
}

/** Spreads d(alpha) of one pixel over opacity, centre and conic; `dOpacity` = falloff * dAlpha. */
function addAlphaGradient(
  grad: ScreenGradients,
  conic: Float64Array,
  i: number,
  dx: number,
  dy: number,
  dOpacity: number,
  opacity: number,
): void {
  const dPower = opacity * dOpacity;
  grad.opacity[i] += dOpacity;
  grad.u[i] += dPower * (conic[3 * i] * dx + conic[3 * i + 1] * dy);
  grad.v[i] += dPower * (conic[3 * i + 1] * dx + conic[3 * i + 2] * dy);
  grad.conic[3 * i] -= 0.5 * dPower * dx * dx;
  grad.conic[3 * i + 1] -= dPower * dx * dy;
  grad.conic[3 * i + 2] -= 0.5 * dPower * dy * dy;
}
