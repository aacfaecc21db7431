/** Pixels of a canvas. Invariant: called in the task that drew into it, before the browser takes the picture away. */
export function canvasPixels(canvas: HTMLCanvasElement): Uint8ClampedArray {
  const copy = new OffscreenCanvas(canvas.width, canvas.height);
  const context = copy.getContext('2d', { willReadFrequently: true });
  if (!context) throw new Error('No 2D context.');
  context.drawImage(canvas, 0, 0);
  return context.getImageData(0, 0, canvas.width, canvas.height).data;
}
