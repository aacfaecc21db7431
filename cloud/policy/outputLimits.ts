/**
 * What an output may be: its length, and what its bytes begin with.
 * Invariant: nothing is served to people as a format that it plainly is not.
 */
import type { ModelFormat } from '../../src/core/job/cloudApi.ts';
import type { OutputKind } from '../../src/core/job/trainerApi.ts';

const megabyte = 1_000_000;

/** Bytes. A .ply of three million splats with all harmonics has 710 MB. */
export const maxOutputBytes: Record<OutputKind, number> = {
  ply: 2000 * megabyte,
  splat: 1000 * megabyte,
  spz: 1000 * megabyte,
  sog: 1000 * megabyte,
  thumbnail: 2 * megabyte,
  poster: 10 * megabyte,
  cameras: 500 * megabyte,
  metrics: megabyte,
  preview: 300 * megabyte,
  checkpoint: 4000 * megabyte,
};

/** Bytes of the beginning that looksLike() needs. */
export const beginBytes = 8;

const beginsWith = (start: Uint8Array, ...magic: number[]): boolean => magic.every((byte, index) => start[index] === byte);
const codes = (text: string): number[] => Array.from(text, (character) => character.charCodeAt(0));

/**
 * - ply: "ply" and the end of the line (Turk, "The PLY Polygon File Format").
 * - spz: gzip (RFC 1952) up to version 3, "NGSP" in plain from version 4 on.
 * - sog: a zip archive. splat: no header; rows of 32 bytes.
 * @param start the first bytes of the file
 */
export function looksLike(kind: ModelFormat, start: Uint8Array, bytes: number): boolean {
  switch (kind) {
    case 'ply':
      return beginsWith(start, ...codes('ply\n')) || beginsWith(start, ...codes('ply\r\n'));
    case 'spz':
      return beginsWith(start, 0x1f, 0x8b) || beginsWith(start, ...codes('NGSP'));
    case 'sog':
      return beginsWith(start, ...codes('PK\u0003\u0004'));
    case 'splat':
      return bytes % 32 === 0;
  }
}
