/**
 * A photo made ready to leave the device: without its place, and smaller when that was chosen.
 * Invariant: what comes out holds no GPS; the same photo and choice give the same bytes on the same browser.
 */
import { withoutPlace } from '../../../core/image/withoutPlace.ts';

export interface PreparedPhoto {
  blob: Blob;
  /** SHA-256 of the blob, hexadecimal. */
  id: string;
}

/** Of a compressed photo. */
export const longestSidePx = 2400;
export const jpegQuality = 0.9;

/** The size within the longest side, never larger than before. */
export function compressedSize(widthPx: number, heightPx: number): { widthPx: number; heightPx: number } {
  const scale = Math.min(1, longestSidePx / Math.max(widthPx, heightPx));
  return { widthPx: Math.max(1, Math.round(widthPx * scale)), heightPx: Math.max(1, Math.round(heightPx * scale)) };
}

/** The photo as a JPEG within the longest side; null when this browser cannot read it or nothing would be saved. A canvas keeps no EXIF. */
export async function compressed(photo: Blob): Promise<Blob | null> {
  try {
    const bitmap = await createImageBitmap(photo);
    const size = compressedSize(bitmap.width, bitmap.height);
    const canvas = new OffscreenCanvas(size.widthPx, size.heightPx);
    const context = canvas.getContext('2d', { willReadFrequently: true });
    if (!context) return null;
    context.imageSmoothingQuality = 'high';
    context.drawImage(bitmap, 0, 0, size.widthPx, size.heightPx);
    bitmap.close();
    const smaller = await canvas.convertToBlob({ type: 'image/jpeg', quality: jpegQuality });
    return smaller.size < photo.size ? smaller : null;
  } catch {
    return null;
  }
}

/** Media types by what a file begins with: the ending of its name may be missing or wrong. */
function typeOf(bytes: Uint8Array): string {
  const text = String.fromCharCode(...bytes.subarray(0, 12));
  if (text.startsWith('\xff\xd8')) return 'image/jpeg';
  if (text.startsWith('\x89PNG')) return 'image/png';
  if (text.startsWith('RIFF') && text.endsWith('WEBP')) return 'image/webp';
  if (text.startsWith('II*') || text.startsWith('MM\0')) return 'image/tiff';
  if (text.slice(4, 8) !== 'ftyp') return 'image/x-unknown';
  return text.slice(8, 11) === 'avi' ? 'image/avif' : 'image/heic';
}

async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** Reads, blanks and names one photo. Rejects when the file cannot be read. */
export async function preparePhoto(photo: Blob, compress: boolean): Promise<PreparedPhoto> {
  const smaller = compress ? await compressed(photo) : null;
  // Without a second run over the bytes a canvas' JPEG would be as clean; it costs nothing to be sure.
  const bytes = withoutPlace(new Uint8Array(await (smaller ?? photo).arrayBuffer())) as Uint8Array<ArrayBuffer>;
  return { blob: new Blob([bytes], { type: typeOf(bytes) }), id: await sha256(bytes) };
}
