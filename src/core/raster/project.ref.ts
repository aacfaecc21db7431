/**
 * CPU twin of the projection pass: every splat to its image-plane Gaussian, opacity and colour, or culled. Plain loops in f64.
 * Invariant: everything about a culled splat is zero; everything about a visible one is finite and its box overlaps the image.
 */
import type { PinholeView } from '../scene/camera.ts';
import type { Splats } from '../scene/splats.ts';
import { shBasisCount } from '../scene/splats.ts';
import { conicRef } from './conic.ref.ts';
import { covarianceRef } from './covariance.ref.ts';
import { ewaRef } from './ewa.ref.ts';
import { type Vec3, apply, multiply, transpose } from './mat3.ref.ts';
import { type Quat, rotationRef } from './rotation.ref.ts';
import { shBasisRef, shColourRef, viewDirectionRef } from './sh.ref.ts';

/** Splats in arrays of any precision: what the twins read, so that finite differences can be taken in f64. */
export type SplatArrays = Pick<Splats, 'count' | 'shDegree' | 'antialiased'> & {
  [Key in 'means' | 'logScales' | 'quats' | 'opacityLogits' | 'sh']: ArrayLike<number>;
};

export interface RasterOptions {
  /** Splats at camera depth z <= near are culled. World units. */
  near?: number;
  /** Added to both image-plane variances, squared pixels. Default 0.3. */
  lowPass?: number;
  /** Bands of SH in use, at most splats.shDegree, which is the default. */
  activeShDegree?: number;
  /** A pixel is done before the splat that would bring its transmittance below this. Default 1e-4; 0 never stops. */
  stopAtT?: number;
  /** Colour behind everything. Default black. */
  background?: Vec3;
}

/** Contributions below one 8-bit level are dropped. */
export const minAlpha = 1 / 255;
const defaultNear = 0.01;
const defaultLowPass = 0.3;

/** Per splat, zero where not visible. Pixels and squared pixels, pixel centres at +0.5. */
export interface Projected {
  count: number;
  /** [N] 1 or 0. */
  visible: Uint8Array;
  /** [N] */
  u: Float64Array;
  /** [N] */
  v: Float64Array;
  /** [N] camera z. */
  depth: Float64Array;
  /** [N, 3] (a, b, d) after the low-pass. */
  cov2: Float64Array;
  /** [N, 3] (ca, cb, cd). */
  conic: Float64Array;
  /** [N] compensated opacity. */
  opacity: Float64Array;
  /** [N, 3] */
  colour: Float64Array;
  /** [N, 2] half-size of the box in which alpha can reach 1/255. */
  radius: Float64Array;
}

/** A view's world-to-camera rotation (row-major), translation and centre in the world. */
export interface CameraFrame {
  rotation: number[];
  t: Vec3;
  centre: Vec3;
}

export function cameraFrame(view: PinholeView): CameraFrame {
  const rotation = rotationRef(view.pose.q);
  const [x, y, z] = apply(transpose(rotation), view.pose.t);
  return { rotation, t: view.pose.t, centre: [-x, -y, -z] };
}

export const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
const vec3 = (from: ArrayLike<number>, i: number): Vec3 => [from[3 * i], from[3 * i + 1], from[3 * i + 2]];

/** One splat on its way to the image; every intermediate the backward pass needs. */
export function splatInView(splats: SplatArrays, i: number, view: PinholeView, frame: CameraFrame, options: RasterOptions) {
  const mean = vec3(splats.means, i);
  const logScale = vec3(splats.logScales, i);
  const quat: Quat = [splats.quats[4 * i], splats.quats[4 * i + 1], splats.quats[4 * i + 2], splats.quats[4 * i + 3]];
  const [x, y, z] = apply(frame.rotation, mean);
  const c: Vec3 = [x + frame.t[0], y + frame.t[1], z + frame.t[2]];
  if (!(c[2] > (options.near ?? defaultNear))) return null;
  const cov = multiply(multiply(frame.rotation, covarianceRef(logScale, quat)), transpose(frame.rotation));
  const footprint = ewaRef(c, cov, view);
  const lowPass = options.lowPass ?? defaultLowPass;
  const conic = conicRef(footprint.a, footprint.b, footprint.d, lowPass, splats.antialiased);
  const bareOpacity = sigmoid(splats.opacityLogits[i]);
  const firstSh = 3 * shBasisCount(splats.shDegree) * i;
  const basis = shBasisRef(viewDirectionRef(mean, frame.centre), options.activeShDegree ?? splats.shDegree);
  const colour = shColourRef(basis, splats.sh, firstSh);
  return {
    logScale,
    quat,
    c,
    cov,
    footprint,
    lowPass,
    conic,
    bareOpacity,
    opacity: bareOpacity * conic.compensation,
    firstSh,
    basis,
    colour,
  };
}

/** Half-size of the box around the centre outside of which alpha < 1/255; null when no point reaches it or it misses the image. */
function reach(u: number, v: number, cov: readonly number[], opacity: number, view: PinholeView): [number, number] | null {
  if (!(opacity > minAlpha)) return null;
  const level = 2 * Math.log(opacity / minAlpha);
  const [rx, ry] = [Math.sqrt(level * cov[0]), Math.sqrt(level * cov[2])];
  return u + rx > 0 && u - rx < view.widthPx && v + ry > 0 && v - ry < view.heightPx ? [rx, ry] : null;
}

/** Projects every splat (Kerbl et al. 2023, section 4 and the culling of appendix C made exact). */
export function projectRef(splats: SplatArrays, view: PinholeView, options: RasterOptions = {}): Projected {
  const n = splats.count;
  const floats = (width: number): Float64Array => new Float64Array(n * width);
  const [u, v, depth, opacity] = [floats(1), floats(1), floats(1), floats(1)];
  const [cov2, conic, colour, radius] = [floats(3), floats(3), floats(3), floats(2)];
  const visible = new Uint8Array(n);
  const frame = cameraFrame(view);
  for (let i = 0; i < n; i++) {
    const s = splatInView(splats, i, view, frame, options);
    const box = s && reach(s.footprint.u, s.footprint.v, s.conic.cov, s.opacity, view);
    if (!s || !box) continue;
    const numbers = [s.footprint.u, s.footprint.v, s.c[2], s.opacity, ...s.conic.cov, ...s.conic.conic, ...s.colour, ...box];
    if (!numbers.every(Number.isFinite)) continue;
    visible[i] = 1;
    [u[i], v[i], depth[i], opacity[i]] = numbers;
    cov2.set(s.conic.cov, 3 * i);
    conic.set(s.conic.conic, 3 * i);
    colour.set(s.colour, 3 * i);
    radius.set(box, 2 * i);
  }
  return { count: n, visible, u, v, depth, cov2, conic, opacity, colour, radius };
}
