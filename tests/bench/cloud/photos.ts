/**
 * Photos for the cloud's benches: one JPEG, with a comment segment that makes each of them another file.
 * Invariant: the same owner and number give the same bytes; every photo is a whole JPEG that a decoder opens.
 */
import { createHash } from 'node:crypto';
import sharp from 'sharp';
import { chance } from './chance.ts';

export interface Photo {
  sha256: string;
  bytes: Buffer;
}

export const sha256Of = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** A comment, up to 65,533 bytes of text (ITU-T T.81, section B.2.4.5). */
function comment(text: string): Buffer {
  const head = Buffer.from([0xff, 0xfe, 0, 0]);
  head.writeUInt16BE(text.length + 2, 2);
  return Buffer.concat([head, Buffer.from(text, 'latin1')]);
}

/** About 21 kB: a coarse pattern, so that it is not all one colour. */
export function baseJpeg(): Promise<Buffer> {
  const [widthPx, heightPx] = [480, 360];
  const pixels = Buffer.alloc(3 * widthPx * heightPx);
  for (let i = 0; i < pixels.length; i++) pixels[i] = ((i * 2654435761) >>> 24) & 0x7f;
  return sharp(pixels, { raw: { width: widthPx, height: heightPx, channels: 3 } })
    .jpeg({ quality: 35 })
    .toBuffer();
}

/** Makes photos of up to 30 kB more than the base, each of another length. */
export function photoMaker(base: Buffer): (owner: number, index: number) => Photo {
  return (owner, index) => {
    const name = `owner ${owner} photo ${index} `;
    const text = name.padEnd(name.length + Math.floor(30_000 * chance(0, name)), sha256Of(Buffer.from(name)));
    const bytes = Buffer.concat([base.subarray(0, 2), comment(text), base.subarray(2)]);
    return { sha256: sha256Of(bytes), bytes };
  };
}
