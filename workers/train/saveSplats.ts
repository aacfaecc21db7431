/**
 * Turns splats into a file.
 * Invariant: what comes back is a Blob made here in the worker, so that the page never copies its bytes.
 */
import { writePly } from '../../src/core/formats/ply.ts';
import { type Result, fail, ok } from '../../src/core/job/failure.ts';
import type { Splats } from '../../src/core/scene/splats.ts';
import type { SaveFormat } from '../protocol.ts';

const blobOf = (bytes: Uint8Array): Blob => new Blob([bytes as Uint8Array<ArrayBuffer>], { type: 'application/octet-stream' });

/** Encodes splats. Every format but .ply loads its writer first: it is larger than the rest of the program. */
export async function saveSplats(splats: Splats, format: SaveFormat): Promise<Result<Blob>> {
  const ply = writePly(splats);
  if (format === 'ply') return ok(blobOf(ply));
  const { convertSplats } = await import('../../src/core/formats/convert.ts');
  const files = await convertSplats({ name: 'scene.ply', bytes: ply }, `scene.${format}`);
  if (!files.ok) return files;
  const [file] = files.value;
  return file ? ok(blobOf(file.bytes)) : fail('bad-file', `Nothing was written as .${format}.`);
}
