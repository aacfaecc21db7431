/**
 * Turns splats into a file.
 * Invariant: what comes back is a Blob made here in the worker, so that the page never copies its bytes.
 */
import { writePly } from '../../src/core/formats/ply.ts';
import { type Result, ok } from '../../src/core/job/failure.ts';
import type { Splats } from '../../src/core/scene/splats.ts';
import type { SaveFormat } from '../protocol.ts';

/** Encodes splats. Every format but .ply loads its writer first: it is larger than the rest of the program. */
export async function saveSplats(splats: Splats, format: SaveFormat): Promise<Result<Blob>> {
  const ply = writePly(splats) as Uint8Array<ArrayBuffer>;
  if (format === 'ply') return ok(new Blob([ply], { type: 'application/octet-stream' }));
  const { convertToBlob } = await import('../splatConversion.ts');
  return convertToBlob({ name: 'scene.ply', bytes: ply }, format);
}
