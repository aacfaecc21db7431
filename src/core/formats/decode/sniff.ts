/**
 * What a file is, by its first bytes. Only .splat and .ksplat have no magic number: their name's ending decides, after every other kind of
 * file was ruled out.
 * Invariant: the answer is a format or a sentence about what the file is instead.
 */
import type { SplatFormat } from '../splatStream.ts';

/** Bytes the decision looks at. */
export const sniffBytes = 512;

export type Sniffed = { format: SplatFormat | 'sog-folder' } | { isInstead: string };

const starts = (bytes: Uint8Array, ...magic: number[]): boolean => magic.every((value, i) => bytes[i] === value);

/** Other things that people and servers hand over in a splat's place. */
const others: [magic: number[], what: string][] = [
  [[0xff, 0xd8, 0xff], 'a JPEG picture'],
  [[0x89, 0x50, 0x4e, 0x47], 'a PNG picture'],
  [[0x47, 0x49, 0x46, 0x38], 'a GIF picture'],
  [[0x52, 0x49, 0x46, 0x46], 'a WebP picture or another RIFF file'],
  [[0x25, 0x50, 0x44, 0x46], 'a PDF document'],
  [[0x1a, 0x45, 0xdf, 0xa3], 'a WebM or Matroska film'],
];

/** A splat's numbers may begin with any byte, so one that looks like the start of a page is not enough. */
const pageStart = /^\s*<(?:!doctype|html|head|body|\?xml|!--)/i;

function jsonFormat(text: string, ending: string): Sniffed | null {
  if (!/^\s*\{\s*(?:"|\})/.test(text)) return null;
  if (ending === 'gltf' || /"asset"\s*:/.test(text)) return { format: 'gltf' };
  if (/"(?:means|version|count|splats)"\s*:/.test(text)) return { format: 'sog-folder' };
  return ending === 'json' ? { format: 'sog-folder' } : { format: 'gltf' };
}

/** The ending of a file name or URL, lower case, without query and fragment. */
export function endingOf(name: string): string {
  const path = name.replace(/[?#].*$/, '');
  return /\.([a-z0-9]+)$/i.exec(path)?.[1].toLowerCase() ?? '';
}

/** A .ksplat has no magic number; its version is 0.1 and four kilobytes of header follow. */
const looksLikeKsplat = (bytes: Uint8Array, totalBytes: number | null): boolean =>
  starts(bytes, 0, 1) && bytes.length === sniffBytes && (totalBytes === null || totalBytes > 4096);

/** Decides by the file's first `sniffBytes` bytes (fewer when it is shorter), its name and its length. */
export function sniff(bytes: Uint8Array, name: string, totalBytes: number | null): Sniffed {
  const ending = endingOf(name);
  if (bytes.length === 0) return { isInstead: 'empty' };
  const text = new TextDecoder('latin1').decode(bytes).replace(/^\u00ef\u00bb\u00bf/, '');
  if (/^ply\r?\n/.test(text)) return { format: /\bpacked_position\b|element chunk\b/.test(text) ? 'compressed-ply' : 'ply' };
  if (starts(bytes, 0x4e, 0x47, 0x53, 0x50) || starts(bytes, 0x1f, 0x8b, 8)) return { format: 'spz' };
  if (starts(bytes, 0x50, 0x4b, 3, 4)) return { format: 'sog' };
  if (starts(bytes, 0x67, 0x6c, 0x54, 0x46)) return { format: 'glb' };
  const other = others.find(([magic]) => starts(bytes, ...magic));
  if (other) return { isInstead: other[1] };
  if (/^....ftyp/s.test(text)) return { isInstead: 'a film or a HEIC picture' };
  if (pageStart.test(text)) return { isInstead: 'a web page (HTML or XML)' };
  const json = jsonFormat(text, ending);
  if (json) return json;
  if (ending === 'splat' || ending === 'ksplat') return { format: ending };
  return looksLikeKsplat(bytes, totalBytes) ? { format: 'ksplat' } : { isInstead: 'none of the splat formats that are read' };
}
