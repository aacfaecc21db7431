/**
 * Feature store: features and matches as bytes, for the cache that makes adding ten photos cost ten photos.
 * Invariant: bytes of another layout, or cut short, read back as null, never as wrong features.
 */
import { descriptorSize, type Features } from './features.ts';
import type { Matches } from './matches.ts';

/** What is kept of a photo besides its features. */
export interface StoredPhoto {
  widthPx: number;
  heightPx: number;
  sharpness: number;
  features: Features;
}

const magic = 0x31544653; // "SFT1"
const headWords = 8;
/** keypoints, descriptors and colours of one feature. */
const bytesPerFeature = 16 + descriptorSize + 3;

export function packPhoto({ widthPx, heightPx, sharpness, features }: StoredPhoto): Uint8Array {
  const { count } = features;
  const bytes = new Uint8Array(4 * headWords + count * bytesPerFeature);
  const head = new DataView(bytes.buffer);
  [magic, widthPx, heightPx, features.widthPx, features.heightPx, count].forEach((word, i) => head.setUint32(4 * i, word, true));
  head.setFloat64(24, sharpness, true);
  let at = 4 * headWords;
  for (const part of [new Uint8Array(features.keypoints.slice(0, 4 * count).buffer), features.descriptors, features.colours]) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

export function unpackPhoto(bytes: Uint8Array): StoredPhoto | null {
  if (bytes.length < 4 * headWords) return null;
  const head = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const [found, widthPx, heightPx, workWidthPx, workHeightPx, count] = [0, 1, 2, 3, 4, 5].map((i) => head.getUint32(4 * i, true));
  if (found !== magic || bytes.length !== 4 * headWords + count * bytesPerFeature) return null;
  // A copy, also of Node's Buffer, whose slice would share a pool's memory.
  const parts = new Uint8Array(bytes.subarray(4 * headWords));
  const descriptorsFrom = 16 * count;
  const coloursFrom = descriptorsFrom + descriptorSize * count;
  return {
    widthPx,
    heightPx,
    sharpness: head.getFloat64(24, true),
    features: {
      widthPx: workWidthPx,
      heightPx: workHeightPx,
      count,
      keypoints: new Float32Array(parts.buffer.slice(0, descriptorsFrom)),
      descriptors: parts.slice(descriptorsFrom, coloursFrom),
      colours: parts.slice(coloursFrom),
    },
  };
}

const rowMagic = 0x314d4653; // "SFM1"
const hashBytes = 64;

/** Matches of one photo with others, by the other photo's id (a hash in hexadecimal). */
export function packRow(row: Map<string, Matches>): Uint8Array {
  const total = [...row.values()].reduce((sum, matches) => sum + hashBytes + 4 + 4 * matches.length, 8);
  const bytes = new Uint8Array(total);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, rowMagic, true);
  view.setUint32(4, row.size, true);
  let at = 8;
  for (const [id, matches] of row) {
    bytes.set(new TextEncoder().encode(id.padEnd(hashBytes).slice(0, hashBytes)), at);
    view.setUint32(at + hashBytes, matches.length, true);
    at += hashBytes + 4;
    for (const value of matches) {
      view.setUint32(at, value, true);
      at += 4;
    }
  }
  return bytes;
}

export function unpackRow(bytes: Uint8Array): Map<string, Matches> | null {
  const row = new Map<string, Matches>();
  if (bytes.length < 8) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.getUint32(0, true) !== rowMagic) return null;
  let at = 8;
  for (let entries = view.getUint32(4, true); entries > 0; entries--) {
    if (at + hashBytes + 4 > bytes.length) return null;
    const id = new TextDecoder().decode(bytes.subarray(at, at + hashBytes)).trimEnd();
    const length = view.getUint32(at + hashBytes, true);
    at += hashBytes + 4;
    if (length % 2 !== 0 || at + 4 * length > bytes.length) return null;
    const matches = new Uint32Array(length);
    for (let k = 0; k < length; k++) matches[k] = view.getUint32(at + 4 * k, true);
    row.set(id, matches);
    at += 4 * length;
  }
  return at === bytes.length ? row : null;
}
