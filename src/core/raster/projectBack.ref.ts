/**
 * CPU twin of the backward projection: gradients of the image-plane Gaussians to gradients of the splats' parameters.
 * Invariant: culled splats get exactly zero.
 */
import type { PinholeView } from '../scene/camera.ts';
import { conicBackwardRef } from './conic.ref.ts';
import { covarianceBackwardRef } from './covariance.ref.ts';
import { ewaBackwardRef } from './ewa.ref.ts';
import { type Vec3, apply, multiply, transpose } from './mat3.ref.ts';
import { addPoseGradientRef } from './poseBack.ref.ts';
import { type Projected, type RasterOptions, type SplatArrays, cameraFrame, splatInView } from './project.ref.ts';
import { shBackwardRef } from './sh.ref.ts';

/** Gradients of the loss with respect to what Projected holds; same layouts. */
export interface ScreenGradients {
  u: Float64Array;
  v: Float64Array;
  /** [N, 3]; the middle one is that of cb, which stands for both off-diagonal places. */
  conic: Float64Array;
  /** [N, 3] */
  colour: Float64Array;
  /** [N], of the compensated opacity. */
  opacity: Float64Array;
}

/** Gradients of the loss with respect to the parameters; same layouts as Splats. */
export interface SplatGradients {
  means: Float64Array;
  logScales: Float64Array;
  quats: Float64Array;
  opacityLogits: Float64Array;
  sh: Float64Array;
  /** [6] of the view's pose, see poseBack.ref.ts. */
  pose: Float64Array;
}

const zeroGradients = (splats: SplatArrays): SplatGradients => ({
  means: new Float64Array(splats.means.length),
  logScales: new Float64Array(splats.logScales.length),
  quats: new Float64Array(splats.quats.length),
  opacityLogits: new Float64Array(splats.opacityLogits.length),
  sh: new Float64Array(splats.sh.length),
  pose: new Float64Array(6),
});

const triple = (from: Float64Array, i: number): Vec3 => [from[3 * i], from[3 * i + 1], from[3 * i + 2]];

/** Backward of projectRef. `options` must be those of the forward pass. */
export function projectBackwardRef(
  splats: SplatArrays,
  view: PinholeView,
  options: RasterOptions,
  projected: Projected,
  grad: ScreenGradients,
): SplatGradients {
  const out = zeroGradients(splats);
  const frame = cameraFrame(view);
  const toWorld = transpose(frame.rotation);
  for (let i = 0; i < splats.count; i++) {
    const s = projected.visible[i] ? splatInView(splats, i, view, frame, options) : null;
    if (!s) continue;
    shBackwardRef(s.basis, splats.sh, s.firstSh, triple(grad.colour, i), out.sh);
    out.opacityLogits[i] = grad.opacity[i] * s.opacity * (1 - s.bareOpacity);
    const dCompensation = grad.opacity[i] * s.bareOpacity;
    const { a, b, d } = s.footprint;
    const dCov2 = conicBackwardRef(a, b, d, s.lowPass, splats.antialiased, triple(grad.conic, i), dCompensation);
    const back = ewaBackwardRef(s.c, s.cov, view, { u: grad.u[i], v: grad.v[i], a: dCov2[0], b: dCov2[1], d: dCov2[2] });
    out.means.set(apply(toWorld, back.c), 3 * i);
    addPoseGradientRef(s.c, s.cov, back, out.pose);
    const shape = covarianceBackwardRef(s.logScale, s.quat, multiply(multiply(toWorld, back.cov), frame.rotation));
    out.logScales.set(shape.logScale, 3 * i);
    out.quats.set(shape.quat, 4 * i);
  }
  return out;
}
