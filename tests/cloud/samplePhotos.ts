/**
 * Photos for the tests: small real ones (12 × 8 pixels, written by Pillow 13), headers put together by hand, and one of any length that is
 * made while it is read.
 */
import { createHash } from 'node:crypto';

const bytesOf = (base64: string): Uint8Array<ArrayBuffer> => Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));

export const samples = {
  jpeg: bytesOf(
    '/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDABALDA4MChAODQ4SERATGCgaGBYWGDEjJR0oOjM9PDkzODdASFxOQERXRTc4UG1RV19iZ2hnPk1xeXBkeFxlZ2P/2wBDARESEhgVGC8aGi9jQjhCY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2P/wAARCAAIAAwDASIAAhEBAxEB/8QAHwAAAQUBAQEBAQEAAAAAAAAAAAECAwQFBgcICQoL/8QAtRAAAgEDAwIEAwUFBAQAAAF9AQIDAAQRBRIhMUEGE1FhByJxFDKBkaEII0KxwRVS0fAkM2JyggkKFhcYGRolJicoKSo0NTY3ODk6Q0RFRkdISUpTVFVWV1hZWmNkZWZnaGlqc3R1dnd4eXqDhIWGh4iJipKTlJWWl5iZmqKjpKWmp6ipqrKztLW2t7i5usLDxMXGx8jJytLT1NXW19jZ2uHi4+Tl5ufo6erx8vP09fb3+Pn6/8QAHwEAAwEBAQEBAQEBAQAAAAAAAAECAwQFBgcICQoL/8QAtREAAgECBAQDBAcFBAQAAQJ3AAECAxEEBSExBhJBUQdhcRMiMoEIFEKRobHBCSMzUvAVYnLRChYkNOEl8RcYGRomJygpKjU2Nzg5OkNERUZHSElKU1RVVldYWVpjZGVmZ2hpanN0dXZ3eHl6goOEhYaHiImKkpOUlZaXmJmaoqOkpaanqKmqsrO0tba3uLm6wsPExcbHyMnK0tPU1dbX2Nna4uPk5ebn6Onq8vP09fb3+Pn6/9oADAMBAAIRAxEAPwCSiiivGPWP/9k=',
  ),
  progressiveJpeg: bytesOf(
    '/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDABALDA4MChAODQ4SERATGCgaGBYWGDEjJR0oOjM9PDkzODdASFxOQERXRTc4UG1RV19iZ2hnPk1xeXBkeFxlZ2P/2wBDARESEhgVGC8aGi9jQjhCY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2P/wgARCAAIAAwDASIAAhEBAxEB/8QAFQABAQAAAAAAAAAAAAAAAAAAAAL/xAAUAQEAAAAAAAAAAAAAAAAAAAAE/9oADAMBAAIQAxAAAAGgJf8A/8QAFBABAAAAAAAAAAAAAAAAAAAAEP/aAAgBAQABBQI//8QAFBEBAAAAAAAAAAAAAAAAAAAAAP/aAAgBAwEBPwF//8QAFBEBAAAAAAAAAAAAAAAAAAAAAP/aAAgBAgEBPwF//8QAFBABAAAAAAAAAAAAAAAAAAAAEP/aAAgBAQAGPwI//8QAFBABAAAAAAAAAAAAAAAAAAAAEP/aAAgBAQABPyE//9oADAMBAAIAAwAAABAL/8QAFBEBAAAAAAAAAAAAAAAAAAAAAP/aAAgBAwEBPxB//8QAFBEBAAAAAAAAAAAAAAAAAAAAAP/aAAgBAgEBPxB//8QAFBABAAAAAAAAAAAAAAAAAAAAEP/aAAgBAQABPxA//9k=',
  ),
  png: bytesOf('iVBORw0KGgoAAAANSUhEUgAAAAwAAAAICAIAAABChommAAAAFUlEQVR4nGM8UaHBQAgwEVQx7BUBAKiHAXg6huAvAAAAAElFTkSuQmCC'),
  webp: bytesOf('UklGRjAAAABXRUJQVlA4ICQAAACQAQCdASoMAAgABUB8JaACdLoAA5gA+479CjZRMU/bsXboIAA='),
  losslessWebp: bytesOf('UklGRh4AAABXRUJQVlA4TBEAAAAvC8ABAAdQvCIXpf+BiOh/AAA='),
  extendedWebp: bytesOf(
    'UklGRmoAAABXRUJQVlA4WAoAAAAYAAAACwAABwAAQUxQSAoAAAABB1CyiAhERP8DVlA4ICQAAACQAQCdASoMAAgABUB8JaACdLoAA5gA+479CjZRMU/bsXboIABFWElGDgAAAE1NACoAAAAIAAAAAAAA',
  ),
  avif: bytesOf(
    'AAAAIGZ0eXBhdmlmAAAAAGF2aWZtaWYxbWlhZk1BMUIAAADrbWV0YQAAAAAAAAAhaGRscgAAAAAAAAAAcGljdAAAAAAAAAAAAAAAAAAAAAAOcGl0bQAAAAAAAQAAAB5pbG9jAAAAAEQAAAEAAQAAAAEAAAETAAAAIwAAAChpaW5mAAAAAAABAAAAGmluZmUCAAAAAAEAAGF2MDFDb2xvcgAAAABqaXBycAAAAEtpcGNvAAAAFGlzcGUAAAAAAAAADAAAAAgAAAAQcGl4aQAAAAADCAgIAAAADGF2MUOBAAwAAAAAE2NvbHJuY2x4AAEADQAGgAAAABdpcG1hAAAAAAAAAAEAAQQBAoMEAAAAK21kYXQSAAoIGAyvtEBDQaEyFR2Hh4Wd3HHHAsAAALCfzlPt89xGcA==',
  ),
} as const;

export function joined(...parts: (Uint8Array | number[] | string)[]): Uint8Array<ArrayBuffer> {
  const bytes = parts.map((part) => (typeof part === 'string' ? Uint8Array.from(part, (c) => c.charCodeAt(0)) : Uint8Array.from(part)));
  const whole = new Uint8Array(bytes.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of bytes) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

const uint16 = (value: number): number[] => [value >> 8, value & 0xff];
const uint32 = (value: number): number[] => [...uint16(value >>> 16), ...uint16(value & 0xffff)];

/** ITU-T T.81, B.1.1.4: the length counts itself. */
export const segment = (marker: number, content: Uint8Array | number[]): Uint8Array =>
  joined([0xff, marker], uint16(content.length + 2), content);
export const jpegFrame = (widthPx: number, heightPx: number, marker = 0xc0): Uint8Array =>
  segment(marker, [8, ...uint16(heightPx), ...uint16(widthPx), 1, 1, 0x11, 0]);
export const jpegOf = (...parts: (Uint8Array | number[])[]): Uint8Array<ArrayBuffer> => joined([0xff, 0xd8], ...parts, [0xff, 0xd9]);

/** Without checksums: a header is looked at, not decoded. */
export const pngOf = (widthPx: number, heightPx: number): Uint8Array<ArrayBuffer> =>
  joined('\x89PNG\r\n\x1a\n', uint32(13), 'IHDR', uint32(widthPx), uint32(heightPx), [8, 2, 0, 0, 0], uint32(0));

export const box = (type: string, ...content: (Uint8Array | number[] | string)[]): Uint8Array<ArrayBuffer> => {
  const inside = joined(...content);
  return joined(uint32(inside.length + 8), type, inside);
};
export const ispe = (widthPx: number, heightPx: number): Uint8Array => box('ispe', uint32(0), uint32(widthPx), uint32(heightPx));
/** Clean aperture: width, height and two offsets, each as numerator and denominator (ISO/IEC 14496-12, section 12.1.4.1). */
export const clap = (numerator: number, denominator = 1): Uint8Array =>
  box('clap', uint32(numerator), uint32(denominator), ...Array.from({ length: 6 }, () => uint32(1)));
export const heifOf = (brand: string, ...properties: Uint8Array[]): Uint8Array<ArrayBuffer> =>
  joined(
    box('ftyp', brand, uint32(0), 'mif1', brand),
    box('meta', uint32(0), box('hdlr', uint32(0)), box('iprp', box('ipco', ...properties))),
    box('mdat', [1, 2, 3]),
  );

export const sha256Of = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

export interface SamplePhoto {
  id: string;
  bytes: Uint8Array<ArrayBuffer>;
  announced: { id: string; bytes: number; type: string };
}

export function photoOf(bytes: Uint8Array<ArrayBuffer>, type = 'image/jpeg'): SamplePhoto {
  const id = sha256Of(bytes);
  return { id, bytes, announced: { id, bytes: bytes.byteLength, type } };
}

let photosMade = 0;
/** A JPEG that no other call has made, so that tests which share a bucket do not meet. */
export const freshPhoto = (padding = 0): SamplePhoto =>
  photoOf(joined(samples.jpeg, `${photosMade++} ${crypto.randomUUID()}`, new Uint8Array(padding)));

/** A photo of any length that never lies in memory whole. */
export function longPhoto(bytes: number): { id: string; stream: () => ReadableStream<Uint8Array> } {
  const chunkBytes = 256 * 1024;
  function* chunks(): Generator<Uint8Array> {
    yield samples.jpeg;
    for (let left = bytes - samples.jpeg.length, seed = 1; left > 0; left -= chunkBytes, seed++)
      yield new Uint8Array(Math.min(chunkBytes, left)).fill(seed & 0xff);
  }
  const hash = createHash('sha256');
  for (const chunk of chunks()) hash.update(chunk);
  const stream = (): ReadableStream<Uint8Array> => {
    const all = chunks();
    return new ReadableStream({
      pull(controller) {
        const { done, value } = all.next();
        if (done) controller.close();
        else controller.enqueue(value);
      },
    });
  };
  return { id: hash.digest('hex'), stream };
}
