/**
 * Paints a sketch onto a 2D canvas in the page's colours: the points, and over them the cameras, the newest in another colour.
 * Invariant: the canvas has the view's size; memory is made anew only when that changes.
 */
import type { SolveSketch } from '../../../../workers/protocol.ts';
import type { PinholeView } from '../../../core/scene/camera.ts';
import { cameraLines, drawPoints, newRaster } from './drawSketch.ts';

export interface ShownSketch {
  sketch: SolveSketch;
  view: PinholeView;
  /** Device pixels in one CSS pixel. */
  pixelRatio: number;
}

export interface SketchPainter {
  /** `radius`: of the scene, world units. */
  paint(shown: ShownSketch, radius: number): void;
}

/** Colours on the stage, which is dark in both themes. */
const cameraColour = 'rgb(124 199 184 / 85%)';
const newCameraColour = '#eebf72';
/** A camera's pyramid as a share of the scene's radius. */
const cameraSize = 0.085;

/** 0xAABBGGRR of a CSS colour like #15161a. */
export function wordOf(css: string): number {
  const [, r, g, b] = /^#(..)(..)(..)$/.exec(css.trim()) ?? ['', '15', '16', '1a'];
  return Number.parseInt(`ff${b}${g}${r}`, 16);
}

/** The photos whose cameras the last change of the sketch brought. */
function createNewcomers(): (sketch: SolveSketch) => Set<string> {
  let known = new Set<string>();
  let last: SolveSketch | null = null;
  let fresh = new Set<string>();
  return (sketch) => {
    if (sketch === last) return fresh;
    last = sketch;
    const came = sketch.names.filter((name) => !known.has(name));
    fresh = new Set(known.size > 0 ? came : []);
    known = new Set(sketch.names);
    return fresh;
  };
}

function stroke(context: CanvasRenderingContext2D, lines: number[][], colour: string, widthPx: number): void {
  context.strokeStyle = colour;
  context.lineWidth = widthPx;
  context.beginPath();
  for (const [x0, y0, x1, y1] of lines) {
    context.moveTo(x0, y0);
    context.lineTo(x1, y1);
  }
  context.stroke();
}

export function createSketchPainter(canvas: HTMLCanvasElement): SketchPainter | null {
  const context = canvas.getContext('2d');
  if (!context) return null;
  const newcomers = createNewcomers();
  let raster = newRaster(1, 1);
  let image = new ImageData(1, 1);

  const fit = ({ widthPx, heightPx }: PinholeView): void => {
    if (raster.widthPx === widthPx && raster.heightPx === heightPx) return;
    canvas.width = widthPx;
    canvas.height = heightPx;
    raster = newRaster(widthPx, heightPx);
    image = new ImageData(new Uint8ClampedArray(raster.pixels.buffer as ArrayBuffer), widthPx, heightPx);
  };

  return {
    paint({ sketch, view, pixelRatio }, radius) {
      fit(view);
      const ground = wordOf(getComputedStyle(canvas).getPropertyValue('--stage'));
      drawPoints(sketch, view, raster, ground, pixelRatio >= 1.5 ? 3 : 2);
      context.putImageData(image, 0, 0);
      const fresh = newcomers(sketch);
      const lines = cameraLines(sketch, view, cameraSize * radius);
      const of = (isFresh: boolean): number[][] => lines.flatMap((each, i) => (fresh.has(sketch.names[i]) === isFresh ? each : []));
      stroke(context, of(false), cameraColour, Math.max(1, pixelRatio));
      stroke(context, of(true), newCameraColour, 1.5 * Math.max(1, pixelRatio));
    },
  };
}
