/** Names of files that are handed out. Invariant: no name holds a character that a file system or a path gives a meaning to. */
import type { SaveFormat } from '../../../../workers/protocol.ts';

/** Formats in the order people are likely to want them. */
export const shareFormats: readonly SaveFormat[] = ['ply', 'spz', 'sog', 'compressed.ply', 'splat', 'glb'];

/** By format, for the system's share sheet, which judges by it. */
export const mimeTypeOf = (format: SaveFormat): string => (format === 'glb' ? 'model/gltf-binary' : 'application/octet-stream');

/** `name` as part of a file name; "scene" where nothing of it is left. */
export function safeName(name: string): string {
  // eslint-disable-next-line no-control-regex -- control characters are exactly what is to go
  const kept = name.replace(/[\u0000-\u001f\\/:*?"<>|]+/g, '-').replace(/^[.\s-]+|[.\s-]+$/g, '');
  return kept.slice(0, 100) || 'scene';
}
