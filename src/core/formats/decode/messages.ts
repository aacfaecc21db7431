/**
 * What the page and the decoding worker say to each other.
 * Invariant: one worker decodes one file; the page ends it with terminate().
 */
import type { Result } from '../../job/failure.ts';
import type { PackedSplats } from '../../view/packedSplats.ts';
import type { SceneShape } from '../../view/splatRenderer.ts';
import type { DecodedScene, SplatFormat } from '../splatStream.ts';
import type { SplatOrigin } from './openSource.ts';

export type DecodeCommand =
  | { type: 'decode'; origin: SplatOrigin; maxSplats: number | null; webpWasmUrl: string | null }
  /** A batch was used; the worker stops reading while too many were not. */
  | { type: 'used' };

export type DecodeMessage =
  | { type: 'ready' }
  | { type: 'begin'; shape: SceneShape; format: SplatFormat }
  | { type: 'batch'; packed: PackedSplats }
  | { type: 'progress'; loadedBytes: number; totalBytes: number | null }
  | { type: 'done'; result: Result<DecodedScene> };
