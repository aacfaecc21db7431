/**
 * SOG (PlayCanvas): meta.json and lossless WebP pictures, in a ZIP (.sog) or side by side. What is looked at here before the library
 * decodes: that the pictures are there and no larger than the declared number of splats needs.
 * Invariant: no picture is decoded whose size the declared number of splats does not explain.
 */
import type { ReadFileSystem } from '@playcanvas/splat-transform';
import { refuse } from './refusal.ts';

export interface SogMeta {
  count: number;
  shDegree: number;
  antialiased: boolean;
  files: string[];
}

type Json = Record<string, unknown>;
const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value);

/** Names of the pictures in meta.json. Sub-folders and other places are not read. */
function filesOf(meta: Json): string[] {
  const lists = Object.values(meta).map((part) => (isObject(part) && Array.isArray(part.files) ? (part.files as unknown[]) : []));
  return lists.flat().filter((file): file is string => typeof file === 'string' && !/[\\/:]/.test(file));
}

/** Version 2 has a count; version 1 a shape. */
function countOf(meta: Json): unknown {
  if (meta.version !== undefined) return meta.count;
  const means = meta.means;
  return isObject(means) && Array.isArray(means.shape) ? (means.shape as unknown[])[0] : undefined;
}

/** A splat takes a dozen bytes; an eighth of one is beyond what pictures of anything but one colour come to. */
const mostSplatsPerByte = 8;
const freeSplats = 1 << 16;

/** Reads meta.json; `packedBytes` is the size of everything, null when it is not known yet. */
export function readSogMeta(text: string, name: string, packedBytes: number | null): SogMeta {
  let meta: unknown;
  try {
    meta = JSON.parse(text);
  } catch {
    return refuse(name, 'is damaged: its meta.json is no JSON');
  }
  if (!isObject(meta) || !isObject(meta.means)) return refuse(name, 'holds no SOG splats: its JSON describes none');
  const count = countOf(meta);
  if (typeof count !== 'number' || !Number.isSafeInteger(count) || count < 0)
    return refuse(name, 'is damaged: it has no valid number of splats');
  if (count === 0) refuse(name, 'holds no splats: it declares 0 of them');
  if (packedBytes !== null && count > Math.max(freeSplats, mostSplatsPerByte * packedBytes))
    refuse(name, `is truncated or damaged: its ${packedBytes} bytes cannot hold the ${count} splats that it declares`);
  const bands = isObject(meta.shN) ? Number(meta.shN.bands ?? 3) : 0;
  return { count, shDegree: [1, 2, 3].includes(bands) ? bands : 0, antialiased: meta.model === 'antialiased', files: filesOf(meta) };
}

/** Width times height of a WebP picture by its header; null when it is none. */
function webpPixels(bytes: Uint8Array): number | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const tag = (at: number): string => String.fromCharCode(...bytes.subarray(at, at + 4));
  if (bytes.length < 30 || tag(0) !== 'RIFF' || tag(8) !== 'WEBP') return null;
  if (tag(12) === 'VP8L') return ((view.getUint32(21, true) & 0x3fff) + 1) * (((view.getUint32(21, true) >>> 14) & 0x3fff) + 1);
  if (tag(12) === 'VP8X') return ((view.getUint32(24, true) & 0xffffff) + 1) * ((view.getUint32(26, true) >>> 8) + 1);
  return tag(12) === 'VP8 ' ? (view.getUint16(26, true) & 0x3fff) * (view.getUint16(28, true) & 0x3fff) : null;
}

/** Pixels of the SH palette, whatever the number of splats: 65,536 entries of 15 coefficients. */
const palettePixels = 1 << 20;

/** Refuses pictures that are missing, no WebP, or far larger than the splats need. */
export async function checkSogPictures(fileSystem: ReadFileSystem, meta: SogMeta, name: string): Promise<void> {
  for (const file of meta.files) {
    const source = await fileSystem.createSource(file);
    const head = await source.read(0, Math.min(30, source.size ?? 30)).readAll();
    const pixels = webpPixels(head);
    if (pixels === null) refuse(name, `is damaged: ${file} in it is no WebP picture`);
    else if (pixels > 4 * meta.count + palettePixels)
      refuse(name, `is damaged: ${file} in it has ${pixels} pixels for ${meta.count} splats`);
  }
}
