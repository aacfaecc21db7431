/**
 * Probe on the CPU: what a ray through the picture meets on its way through the splats, in f64 and with the renderer's own projected 2D
 * Gaussians (Kerbl et al. 2023, eq. 3). The WebGL2 renderer answers with it; it is the twin of the WebGPU probe.
 * Invariant: a ray meets splats in the order (depth, index) and with the alpha the rasterizer blends, so the transmittance behind them all
 * is what the background of that pixel is multiplied with.
 */
import { maxAlpha } from '../raster/blend.ref.ts';
import { conicRef } from '../raster/conic.ref.ts';
import { covarianceRef } from '../raster/covariance.ref.ts';
import { ewaRef } from '../raster/ewa.ref.ts';
import { type Vec3, apply, multiply, transpose } from '../raster/mat3.ref.ts';
import { type CameraFrame, cameraFrame, minAlpha } from '../raster/project.ref.ts';
import type { Quat } from '../raster/rotation.ref.ts';
import { geometryWords, scaleHigh, scaleLow, unpackLogScale, unpackOpacity, unpackQuat } from './packedSplats.ts';
import type { Box, ProbeAnswer, ProbePoint, SceneShape, ViewFrame } from './splatRenderer.ts';

const lowPass = 0.3;
/** Squared reach in standard deviations of a splat of opacity 1: none reaches further. */
const farthestReach2 = 2 * Math.log(1 / minAlpha);
/** Depth counts as reached where no more than half of the light passes. */
const surfaceTransmittance = 0.5;

interface Hit {
  depth: number;
  index: number;
  alpha: number;
}

type Shape = Pick<SceneShape, 'antialiased'>;

/** Variance of every packed log scale, made at the first probe: exponentials for millions of splats are slow. */
let variances: Float64Array | null = null;
function packedVariances(): Float64Array {
  variances ??= Float64Array.from({ length: 65536 }, (_, k) => Math.exp(2 * ((k / 65535) * (scaleHigh - scaleLow) + scaleLow)));
  return variances;
}

/**
 * Rows of splats that may cover one of the points: visible, in front of `near`, inside the crop, and no further from a point than the splat
 * can reach. The largest variance times the squared norm of the projection's Jacobian bounds the largest variance in the image.
 */
function candidates(rows: Uint32Array, frame: ViewFrame, camera: CameraFrame, points: readonly ProbePoint[]): number[] {
  const floats = new Float32Array(rows.buffer, rows.byteOffset, rows.length);
  const variance = packedVariances();
  const [xs, ys] = [Float64Array.from(points, ({ xPx }) => xPx), Float64Array.from(points, ({ yPx }) => yPx)];
  const { near, crop, view } = frame;
  const { fx, fy, cx, cy } = view;
  const [r0, r1, r2, r3, r4, r5, r6, r7, r8] = camera.rotation;
  const [tx, ty, tz] = camera.t;
  const out: number[] = [];
  for (let at = 0; at + geometryWords <= rows.length; at += geometryWords) {
    const x = floats[at];
    const y = floats[at + 1];
    const z = floats[at + 2];
    const depth = r6 * x + r7 * y + r8 * z + tz;
    if (!(depth > near) || !(unpackOpacity(rows, at) > minAlpha)) continue;
    if (crop && !isInside(crop, x, y, z)) continue;
    const sx = (r0 * x + r1 * y + r2 * z + tx) / depth;
    const sy = (r3 * x + r4 * y + r5 * z + ty) / depth;
    const largest = Math.max(rows[at + 3] & 0xffff, rows[at + 3] >>> 16, rows[at + 4] & 0xffff);
    const norm2 = (fx * fx * (1 + sx * sx) + fy * fy * (1 + sy * sy)) / (depth * depth);
    const reach2 = farthestReach2 * (norm2 * variance[largest] + lowPass);
    for (let k = 0; k < xs.length; k++) {
      const dx = xs[k] - fx * sx - cx;
      const dy = ys[k] - fy * sy - cy;
      if (dx * dx + dy * dy <= reach2) {
        out.push(at);
        break;
      }
    }
  }
  return out;
}

const isInside = ({ low, high }: Box, x: number, y: number, z: number): boolean =>
  x >= low[0] && x <= high[0] && y >= low[1] && y <= high[1] && z >= low[2] && z <= high[2];

/** The splat's centre, conic and opacity in the picture. */
function footprint(rows: Uint32Array, at: number, c: Vec3, shape: Shape, frame: ViewFrame, camera: CameraFrame) {
  const quat: Quat = [0, 0, 0, 0];
  const words = new Float64Array(4);
  unpackQuat(rows, at, words, 0);
  words.forEach((value, k) => (quat[k] = value));
  const logScale: Vec3 = [unpackLogScale(rows, at, 0), unpackLogScale(rows, at, 1), unpackLogScale(rows, at, 2)];
  const cov = multiply(multiply(camera.rotation, covarianceRef(logScale, quat)), transpose(camera.rotation));
  const { u, v, a, b, d } = ewaRef(c, cov, frame.view);
  const { conic, compensation } = conicRef(a, b, d, lowPass, shape.antialiased);
  return { u, v, conic, opacity: unpackOpacity(rows, at) * compensation };
}

/** Adds the splat at row `at` to the hits of every point it covers. */
function addHits(
  rows: Uint32Array,
  at: number,
  shape: Shape,
  frame: ViewFrame,
  camera: CameraFrame,
  points: readonly ProbePoint[],
  hits: Hit[][],
): void {
  const mean = new Float32Array(rows.buffer, rows.byteOffset + 4 * at, 3);
  const [x, y, z] = apply(camera.rotation, [mean[0], mean[1], mean[2]]);
  const c: Vec3 = [x + camera.t[0], y + camera.t[1], z + camera.t[2]];
  const { u, v, conic, opacity } = footprint(rows, at, c, shape, frame, camera);
  points.forEach(({ xPx, yPx }, k) => {
    const [dx, dy] = [xPx - u, yPx - v];
    const falloff = Math.exp(Math.min(0, -0.5 * (conic[0] * dx * dx + conic[2] * dy * dy) - conic[1] * dx * dy));
    const alpha = Math.min(maxAlpha, opacity * falloff);
    if (alpha >= minAlpha) hits[k].push({ depth: c[2], index: at / geometryWords, alpha });
  });
}

/** Walks along one ray. */
function answerOf(hits: Hit[], askedDepth: number): ProbeAnswer {
  hits.sort((a, b) => a.depth - b.depth || a.index - b.index);
  let passed = 1;
  let transmittance = 1;
  let surfaceDepth: number | null = null;
  for (const { depth, alpha } of hits) {
    passed *= 1 - alpha;
    if (depth < askedDepth) transmittance = passed;
    if (passed < surfaceTransmittance) surfaceDepth ??= depth;
  }
  return { surfaceDepth, transmittance };
}

/**
 * Looks along the rays through `points` of the frame. `packedRows` is PackedSplats.geometry, [count, geometryWords]; `frame.near` and
 * `frame.crop` hold as in the picture. Depths along the optical axis, units of the file.
 */
export function probeSplats(packedRows: Uint32Array, shape: Shape, frame: ViewFrame, points: readonly ProbePoint[]): ProbeAnswer[] {
  const camera = cameraFrame(frame.view);
  const hits: Hit[][] = points.map(() => []);
  for (const at of candidates(packedRows, frame, camera, points)) addHits(packedRows, at, shape, frame, camera, points, hits);
  return points.map(({ depth }, k) => answerOf(hits[k], depth));
}
