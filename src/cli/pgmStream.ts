/**
 * PGM stream: 8-bit grey images one after another (Netpbm PGM, raw form) out of pieces of any length.
 * Invariant: an image is handed on when its last byte has come; the rest of the stream is never copied.
 */
import type { GreyImage } from '../core/sfm/grey.ts';

const newline = 0x0a;
const longestHeader = 64;

/** Returns what takes the pieces. Throws for a stream that is something else. */
export function createPgmStream(onImage: (image: GreyImage) => void): (piece: Uint8Array) => void {
  let header = '';
  let lines = 0;
  let image: GreyImage | null = null;
  let filled = 0;

  const readHeader = (byte: number): void => {
    header += String.fromCharCode(byte);
    if (byte === newline) lines++;
    if (header.length > longestHeader) throw new Error('This is not a stream of PGM images.');
    if (lines < 3) return;
    const size = /^P5\n(\d+) (\d+)\n255\n$/.exec(header);
    if (!size) throw new Error('This is not a stream of PGM images of 8 bits.');
    const [widthPx, heightPx] = [Number(size[1]), Number(size[2])];
    image = { widthPx, heightPx, values: new Float32Array(widthPx * heightPx) };
    filled = 0;
  };

  return (piece) => {
    for (let at = 0; at < piece.length;) {
      if (!image) {
        readHeader(piece[at++]);
        continue;
      }
      const { values } = image;
      const end = Math.min(piece.length, at + values.length - filled);
      while (at < end) values[filled++] = piece[at++] / 255;
      if (filled < values.length) return;
      onImage(image);
      image = null;
      header = '';
      lines = 0;
    }
  };
}
