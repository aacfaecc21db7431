/**
 * Splat files among what a person gave: those open in the viewer, everything else goes on to training.
 * Invariant: a .ply counts only when its header names what a splat has; a point cloud stays what training starts from.
 */
import type { PickedFile } from '../../../../workers/protocol.ts';

const splatEnding = /\.(splat|ksplat|spz|sog|glb)$/i;
const plyEnding = /\.ply$/i;
/** What the file dialog offers where only splats can be opened. */
export const splatAccept = '.ply,.splat,.ksplat,.spz,.sog,.glb';

/** A header is a few kilobytes. */
const headerBytes = 1 << 14;

export const isSplatPath = (path: string): boolean => splatEnding.test(path);

/** Whether a .ply's first bytes, as text, declare splats: plain ones or packed in chunks. */
export function plyDeclaresSplats(head: string): boolean {
  const header = head.split(/(?:^|\n)end_header\r?\n/)[0];
  return /^ply\r?\n/.test(header) && /\bproperty \w+ (?:packed_position|f_dc_0|opacity)\b/.test(header);
}

async function holdsSplats({ path, file }: PickedFile): Promise<boolean> {
  if (isSplatPath(path)) return true;
  if (!plyEnding.test(path)) return false;
  const head = await file.slice(0, headerBytes).arrayBuffer();
  return plyDeclaresSplats(new TextDecoder('latin1').decode(head));
}

/** The file to open in the viewer; null when there is something to train from, or no splats. Rejects when a file cannot be read. */
export async function splatFileOf(files: PickedFile[]): Promise<File | null> {
  if (!files.every(({ path }) => isSplatPath(path) || plyEnding.test(path))) return null;
  for (const each of files) if (await holdsSplats(each)) return each.file;
  return null;
}

/** A file's name without its ending, of which .compressed.ply is one. */
export const nameWithoutEnding = (name: string): string => name.replace(/(\.compressed)?\.[^.]+$/i, '') || name;
