/**
 * PSNR and SSIM of two 8-bit images, in f64, on RGB (alpha is ignored).
 * Invariant: both images have the same size; the figures are those of the usual definitions, so they compare with published ones.
 */
import type { Pixels } from '../scene/dataset.ts';

/** Identical images have no noise to measure; this stands for them. */
const identicalDb = 99;

const windowPx = 11;
const sigmaPx = 1.5;
const c1 = 0.01 ** 2;
const c2 = 0.03 ** 2;

function checkSizes(a: Pixels, b: Pixels): void {
  if (a.widthPx === b.widthPx && a.heightPx === b.heightPx) return;
  throw new RangeError(`Images of ${a.widthPx} x ${a.heightPx} and ${b.widthPx} x ${b.heightPx} px cannot be compared.`);
}

/** Peak signal-to-noise ratio in dB over all pixels and channels, peak 255; 99 for identical images. Throws when the sizes differ. */
export function psnrDb(a: Pixels, b: Pixels): number {
  checkSizes(a, b);
  const pixels = a.widthPx * a.heightPx;
  let sum = 0;
  for (let i = 0; i < 4 * pixels; i += 4) {
    const [r, g, blue] = [a.rgba[i] - b.rgba[i], a.rgba[i + 1] - b.rgba[i + 1], a.rgba[i + 2] - b.rgba[i + 2]];
    sum += r * r + g * g + blue * blue;
  }
  return sum === 0 ? identicalDb : -10 * Math.log10(sum / (3 * pixels * 255 * 255));
}

const gaussian = Float64Array.from({ length: windowPx }, (_, i) => Math.exp(-((i - (windowPx - 1) / 2) ** 2) / (2 * sigmaPx ** 2)));
const weights = gaussian.map((value) => value / gaussian.reduce((sum, each) => sum + each, 0));

/** Room for one channel of the larger images, made once per comparison. */
interface Scratch {
  x: Float64Array;
  y: Float64Array;
  product: Float64Array;
  rows: Float64Array;
}

/** Windowed mean of a [height, width] image where the window lies inside it: [height - 10, width - 10], written to `out`. */
function windowMean(image: Float64Array, width: number, height: number, rows: Float64Array, out: Float64Array): void {
  const outWidth = width - windowPx + 1;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < outWidth; x++) {
      let sum = 0;
      for (let k = 0; k < windowPx; k++) sum += weights[k] * image[y * width + x + k];
      rows[y * outWidth + x] = sum;
    }
  }
  const count = outWidth * (height - windowPx + 1);
  for (let at = 0; at < count; at++) {
    let sum = 0;
    for (let k = 0; k < windowPx; k++) sum += weights[k] * rows[at + k * outWidth];
    out[at] = sum;
  }
}

/** Means of x, y, xx, yy and xy under the window. */
function channelMeans(scratch: Scratch, width: number, height: number): Float64Array[] {
  const { x, y, product, rows } = scratch;
  const mean = (image: Float64Array): Float64Array => {
    const out = new Float64Array((width - windowPx + 1) * (height - windowPx + 1));
    windowMean(image, width, height, rows, out);
    return out;
  };
  const meanOfProduct = (p: Float64Array, q: Float64Array): Float64Array => {
    for (let i = 0; i < product.length; i++) product[i] = p[i] * q[i];
    return mean(product);
  };
  return [mean(x), mean(y), meanOfProduct(x, x), meanOfProduct(y, y), meanOfProduct(x, y)];
}

function channelSsim(scratch: Scratch, width: number, height: number): number {
  const [mx, my, mxx, myy, mxy] = channelMeans(scratch, width, height);
  let sum = 0;
  for (let i = 0; i < mx.length; i++) {
    const [xx, yy, xy] = [mx[i] * mx[i], my[i] * my[i], mx[i] * my[i]];
    sum += ((2 * xy + c1) * (2 * (mxy[i] - xy) + c2)) / ((xx + yy + c1) * (mxx[i] - xx + (myy[i] - yy) + c2));
  }
  return sum / mx.length;
}

/**
 * Structural similarity (Wang et al. 2004), mean over windows inside the image and over the three channels; Gaussian window of 11 px,
 * sigma 1.5. Throws when the sizes differ or a side is under 11 px.
 */
export function ssim(a: Pixels, b: Pixels): number {
  checkSizes(a, b);
  const { widthPx, heightPx } = a;
  if (Math.min(widthPx, heightPx) < windowPx) throw new RangeError(`SSIM needs ${windowPx} px on each side, not ${widthPx} x ${heightPx}.`);
  const pixels = widthPx * heightPx;
  const [x, y, product, rows] = Array.from({ length: 4 }, () => new Float64Array(pixels));
  let sum = 0;
  for (let channel = 0; channel < 3; channel++) {
    for (let i = 0; i < pixels; i++) {
      x[i] = a.rgba[4 * i + channel] / 255;
      y[i] = b.rgba[4 * i + channel] / 255;
    }
    sum += channelSsim({ x, y, product, rows }, widthPx, heightPx);
  }
  return sum / 3;
}
