/**
 * Lens: the camera model that solving works with: focal length, two radial terms and a fixed principal point (COLMAP's RADIAL). Lengths are
 * pixels of the working image with pixel centres at +0.5; fy = aspect * fx keeps its ratio when the focal length is refined.
 * Invariant: undistort(distort(p)) = p to 1e-10 wherever the radial factor grows with the radius.
 */
export interface Lens {
  widthPx: number;
  heightPx: number;
  /** Focal length along x, px. */
  f: number;
  /** fy / fx; 1 unless known intrinsics say otherwise. */
  aspect: number;
  cx: number;
  cy: number;
  k1: number;
  k2: number;
}

/** Pixel position of a point in camera space, written to out[at], out[at + 1]. z must not be 0. */
export function projectToPixel(lens: Lens, x: number, y: number, z: number, out: Float64Array | number[], at = 0): void {
  const a = x / z;
  const b = y / z;
  const r2 = a * a + b * b;
  const radial = 1 + r2 * (lens.k1 + lens.k2 * r2);
  out[at] = lens.f * radial * a + lens.cx;
  out[at + 1] = lens.f * lens.aspect * radial * b + lens.cy;
}

const newtonSteps = 25;

/** The ideal radius whose distorted radius is `distorted` (Newton's method on r (1 + k1 r^2 + k2 r^4)). */
function idealRadius(k1: number, k2: number, distorted: number): number {
  let r = distorted;
  for (let step = 0; step < newtonSteps; step++) {
    const r2 = r * r;
    const slope = 1 + r2 * (3 * k1 + 5 * k2 * r2);
    if (!(slope > 1e-3)) return r;
    const change = (r * (1 + r2 * (k1 + k2 * r2)) - distorted) / slope;
    r -= change;
    if (Math.abs(change) < 1e-14 * Math.max(1, r)) break;
  }
  return r;
}

/** The ray (x, y, 1) through a pixel position, written to out[at], out[at + 1]. */
export function rayOfPixel(lens: Lens, u: number, v: number, out: Float64Array | number[], at = 0): void {
  const a = (u - lens.cx) / lens.f;
  const b = (v - lens.cy) / (lens.f * lens.aspect);
  const distorted = Math.hypot(a, b);
  const scale = distorted > 0 && (lens.k1 !== 0 || lens.k2 !== 0) ? idealRadius(lens.k1, lens.k2, distorted) / distorted : 1;
  out[at] = a * scale;
  out[at + 1] = b * scale;
}

/** The rays of n pixel positions. `stride` numbers apart in `pixels`, x and y first. Returns [n, 2]. */
export function raysOfPixels(lens: Lens, pixels: ArrayLike<number>, n: number, stride = 2): Float64Array {
  const rays = new Float64Array(2 * n);
  for (let i = 0; i < n; i++) rayOfPixel(lens, pixels[stride * i], pixels[stride * i + 1], rays, 2 * i);
  return rays;
}
