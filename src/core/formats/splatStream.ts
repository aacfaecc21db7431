/**
 * What reading a splat file hands on while it goes: the shape first, then packed splats in runs, then a summary.
 * Invariant: begin comes before the first batch; every splat handed on is finite and has a quaternion that is not zero.
 */
import type { Failure } from '../job/failure.ts';
import type { Box, SceneShape } from '../view/splatRenderer.ts';
import type { PackedSplats } from '../view/packedSplats.ts';

export type SplatFormat = 'ply' | 'compressed-ply' | 'splat' | 'ksplat' | 'spz' | 'sog' | 'gltf' | 'glb';

export interface SplatInput {
  /** The file's bytes in order; a stream of fetch() or of a Blob is one. */
  chunks: AsyncIterable<Uint8Array>;
  /** File name or URL: its ending is a hint, the first bytes decide. */
  name: string;
  /** Null when the length is not known. */
  totalBytes: number | null;
}

export interface DecodeOptions {
  /** Most splats to keep; the ones that cover most are kept. Null for all. */
  maxSplats: number | null;
  /** Where SOG's WebP decoder lies. */
  webpWasmUrl: string | null;
  /** Fetches a file that the input names beside itself (a .gltf's buffers); null when it has none. */
  sibling: ((relativeUrl: string) => Promise<Uint8Array | null>) | null;
}

export interface DecodeEvents {
  begin(shape: SceneShape, format: SplatFormat): void;
  batch(packed: PackedSplats): void;
  /** At most some ten times a second. */
  progress(loadedBytes: number, totalBytes: number | null): void;
}

/** What is known once everything was read. */
export interface DecodedScene {
  format: SplatFormat;
  /** Splats handed on, hidden ones included. */
  count: number;
  shDegree: number;
  antialiased: boolean;
  /** Box of the 5th to 95th percentile of the means along each axis, weighted by nothing. File space. */
  box: Box;
  /** Positions, in the order handed on, of splats that turned out to be far larger than the scene: to be hidden. */
  gigantic: Uint32Array<ArrayBuffer>;
  /** Left out because a value was not finite, or because maxSplats was reached. */
  dropped: { notFinite: number; overBudget: number };
  /** What the person should know: one `bad-file` per kind of thing dropped, with the count. */
  warnings: Failure[];
}
