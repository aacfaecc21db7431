/** CSS colours as numbers. Invariant: the browser itself reads the colour, so every notation it knows works. */
let pixel: OffscreenCanvasRenderingContext2D | null = null;

/** Red, green, blue, alpha, 0..1, straight alpha, sRGB. Transparent for what is not a colour. */
export function readColour(text: string): [number, number, number, number] {
  if (text === 'transparent' || !CSS.supports('color', text)) return [0, 0, 0, 0];
  pixel ??= new OffscreenCanvas(1, 1).getContext('2d', { willReadFrequently: true });
  if (!pixel) return [0, 0, 0, 0];
  pixel.clearRect(0, 0, 1, 1);
  pixel.fillStyle = text;
  pixel.fillRect(0, 0, 1, 1);
  const [r, g, b, a] = pixel.getImageData(0, 0, 1, 1).data;
  return [r / 255, g / 255, b / 255, a / 255];
}
